// SPDX-License-Identifier: MIT
// The gradient must be that of L by differences.
inline void grade(Grade& g) {
  const auto loss = [](const Values& v) { return std::pow(v[0] * v[1] + std::sin(v[0]), 2); };
  g.expect({"the gradient at x = 0.7, y = 1.9", "x = 0.7、y = 1.9 处的梯度"}, gradient(0.7, 1.9),
           slopes(loss, {0.7, 1.9}), 1e-8);
  g.expect({"the gradient at x = -2, y = 0.3", "x = -2、y = 0.3 处的梯度"}, gradient(-2, 0.3),
           slopes(loss, {-2, 0.3}), 1e-8);
}
