// SPDX-License-Identifier: MIT
// Probabilities and loss are loops here; the gradient must be that of L by differences.
inline void grade(Grade& g) {
  constexpr std::size_t n = 3, c = 4;
  const std::size_t labels[n] = {2, 0, 3};
  const Tensor x = 3 * sample({n, c}, 1), y = tg::tensor({2, 0, 3});
  const auto log_sum = [](const Values& v, std::size_t row) {
    double sum = 0;
    for (std::size_t k = 0; k < c; ++k) sum += std::exp(v[row * c + k]);
    return std::log(sum);
  };
  const auto mean_loss = [&](const Values& v) {
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) total += log_sum(v, i) - v[i * c + labels[i]];
    return total / n;
  };
  const Values scores = x.to_vector<double>();
  Values p(n * c);
  for (std::size_t i = 0; i < n * c; ++i) p[i] = std::exp(scores[i] - log_sum(scores, i / c));
  g.expect({"p", "p"}, probabilities(x), tensor_of(p, {n, c}));
  g.expect({"p of scores near 1000", "得分在 1000 附近的 p"}, probabilities(x + 1000.),
           tensor_of(p, {n, c}));
  g.expect({"L", "L"}, loss(x, y), mean_loss(scores));
  g.expect({"∂L/∂x", "∂L/∂x"}, gradient(x, y), slopes(mean_loss, x), 1e-8);
}
