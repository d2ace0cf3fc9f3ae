// SPDX-License-Identifier: MIT
// The step must lead from (0, 0) to the minimum of f, which is at (1.5, -0.5).
inline void grade(Grade& g) {
  for (const double c : {0.8, -1.1}) {
    const auto f = [c](const Values& v) {
      const double x = v[0] - 1.5, y = v[1] + 0.5;
      return (2 * x * x + y * y) / 2 + c * x * y;
    };
    g.expect({"the step from (0, 0) to the minimum", "从 (0, 0) 到最小值的一步"},
             newton(slopes(f, {0, 0}), 2, 1, c), Values{1.5, -0.5}, 1e-8);
  }
}
