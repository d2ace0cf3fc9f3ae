// SPDX-License-Identifier: MIT
// Answer: ∂f/∂x = x + c y,  ∂f/∂y = y + c x.
inline Values at_once(double x, double y, double c, double lr) {
  return {x - lr * (x + c * y), y - lr * (y + c * x)};
}
inline Values in_turn(double x, double y, double c, double lr) {
  x -= lr * (x + c * y);
  y -= lr * (y + c * x);
  return {x, y};
}
