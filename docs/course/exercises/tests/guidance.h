// SPDX-License-Identifier: MIT
// The sums are loops here.
inline void grade(Grade& g) {
  constexpr std::size_t n = 2, d = 5;
  const Tensor with = sample({n, d}, 1), without = 0.5 * sample({n, d}, 2);
  const Values a = with.to_vector<double>(), b = without.to_vector<double>();
  const auto spread = [](const double* x) {
    double mean = 0, squares = 0;
    for (std::size_t i = 0; i < d; ++i) mean += x[i] / d;
    for (std::size_t i = 0; i < d; ++i) squares += (x[i] - mean) * (x[i] - mean) / d;
    return std::sqrt(squares);
  };
  const auto check = [&](Text what, double scale) {
    Values expected(n * d);
    for (std::size_t i = 0; i < n * d; ++i) expected[i] = (1 - scale) * b[i] + scale * a[i];
    for (std::size_t r = 0; r < n; ++r) {
      const double by = spread(&a[r * d]) / spread(&expected[r * d]);
      for (std::size_t i = 0; i < d; ++i) expected[r * d + i] *= by;
    }
    g.expect(what, guided(with, without, scale), tensor_of(expected, {n, d}));
  };
  check({"a scale of 1", "scale 为 1"}, 1);
  check({"a scale of 3", "scale 为 3"}, 3);
}
