// SPDX-License-Identifier: MIT
// The derivatives of f are differences here.
inline void grade(Grade& g) {
  const double c = 0.6, lr = 0.4;
  const auto f = [c](const Values& v) {
    return (v[0] * v[0] + 2 * c * v[0] * v[1] + v[1] * v[1]) / 2;
  };
  const Values old{1.2, -0.7}, slope = slopes(f, old);
  const double x = old[0] - lr * slope[0], later = slopes(f, {x, old[1]})[1];
  g.expect({"{x, y} at once", "同时更新后的 {x, y}"}, at_once(old[0], old[1], c, lr),
           Values{x, old[1] - lr * slope[1]}, 1e-8);
  g.expect({"{x, y} in turn", "依次更新后的 {x, y}"}, in_turn(old[0], old[1], c, lr),
           Values{x, old[1] - lr * later}, 1e-8);
}
