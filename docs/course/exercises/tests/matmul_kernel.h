// SPDX-License-Identifier: MIT
// The elements must be sums in double. What is timed is a product of matrices in the L2 cache,
// which tensors align: the rates of larger ones depend on where their pages lie.
inline void grade(Grade& g) {
  const auto floats = [](int n, unsigned seed) {
    const Values v = sample(n, seed);
    return std::vector<float>(v.begin(), v.end());
  };
  const auto expect = [&](Text what, int m, int k, int n) {
    const auto a = floats(m * k, 1), b = floats(k * n, 2);
    std::vector<float> c(std::size_t(m * n), 100);
    multiply(a.data(), b.data(), c.data(), m, k, n);
    Matrix given(m, n), expected(m, n);
    given.values.assign(c.begin(), c.end());
    for (int i = 0; i < m; ++i)
      for (int e = 0; e < k * n; ++e)
        expected(i, e % n) += double(a[std::size_t(i * k + e / n)]) * double(b[std::size_t(e)]);
    g.expect(what, given, expected, 1e-5);
  };
  expect({"c of whole tiles, [8, 32]", "整块的 c，[8, 32]"}, 8, 5, 32);
  expect({"c of shape [6, 35]", "形状为 [6, 35] 的 c"}, 6, 7, 35);
  expect({"c of shape [1, 4]", "形状为 [1, 4] 的 c"}, 1, 3, 4);
  constexpr int n = 144;
  g.work = 2. * n * n * n;
  const auto matrix = [](unsigned seed) { return sample({n, n}, seed).to(tg::float32); };
  g.timed = [a = matrix(3), b = matrix(4), c = matrix(5)] {
    multiply(a.span<float>().data(), b.span<float>().data(),
             const_cast<float*>(c.span<float>().data()), n, n, n);
  };
}
