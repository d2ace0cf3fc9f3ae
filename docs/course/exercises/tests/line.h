// SPDX-License-Identifier: MIT
// The step must follow the slopes of L by differences.
inline void grade(Grade& g) {
  const Values x = sample(7, 1), y = sample(7, 2);
  const Values slope = slopes(
      [&](const Values& ab) {
        double sum = 0;
        for (std::size_t i = 0; i < 7; ++i) sum += std::pow(ab[0] * x[i] + ab[1] - y[i], 2);
        return sum / 7;
      },
      {0.5, -0.25});
  const Values next = step(0.5, -0.25, x, y, 0.3);
  g.expect({"a after a step", "一步之后的 a"}, next.at(0), 0.5 - 0.3 * slope[0], 1e-8);
  g.expect({"b after a step", "一步之后的 b"}, next.at(1), -0.25 - 0.3 * slope[1], 1e-8);
}
