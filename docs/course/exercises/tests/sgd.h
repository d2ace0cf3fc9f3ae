// SPDX-License-Identifier: MIT
// w must move by the sum of all gradients so far, weaker the older they are.
inline void grade(Grade& g) {
  Values w = sample(3, 1), m(3);
  Matrix given(3, 3), expected(3, 3);
  for (int t = 0; t < 3; ++t) {
    const Values old = w;
    const double lr = t < 2 ? 0.1 : 0.02;
    step(w, m, sample(3, 10 + unsigned(t)), lr, 0.9);
    for (int i = 0; i < 3; ++i) {
      given(t, i) = w[std::size_t(i)] - old[std::size_t(i)];
      for (int s = 0; s <= t; ++s)
        expected(t, i) -= lr * std::pow(0.9, t - s) * sample(3, 10 + unsigned(s))[std::size_t(i)];
    }
  }
  g.expect({"how w moves, a row for each step, the last with a smaller lr",
            "w 的移动（每行一步，最后一步 lr 更小）"},
           given, expected);
}
