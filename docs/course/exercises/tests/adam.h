// SPDX-License-Identifier: MIT
// m̂ and v̂ must be means of all gradients so far, weighted by β^age.
inline double weighted_mean(const Values& x, double beta) {
  double sum = 0, weights = 0;
  for (const double value : x) sum = beta * sum + value, weights = beta * weights + 1;
  return sum / weights;
}
inline void grade(Grade& g) {
  const Adam o{.lr = 0.1, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-2};
  Values w = sample(3, 1), m(3), v(3);
  Matrix given(3, 3), expected(3, 3);
  std::vector<Values> seen(3), squares(3);
  for (int t = 1; t <= 3; ++t) {
    const Values old = w, slope = sample(3, 10 + unsigned(t));
    step(w, m, v, slope, t, o);
    for (int i = 0; i < 3; ++i) {
      const auto k = std::size_t(i);
      seen[k].push_back(slope[k]), squares[k].push_back(slope[k] * slope[k]);
      given(t - 1, i) = w[k] - old[k];
      expected(t - 1, i) = -o.lr * weighted_mean(seen[k], o.beta1) /
                           (std::sqrt(weighted_mean(squares[k], o.beta2)) + o.eps);
    }
  }
  g.expect({"how w moves, a row for each step", "w 的移动（每行一步）"}, given, expected);
}
