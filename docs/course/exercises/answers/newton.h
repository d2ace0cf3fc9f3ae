// SPDX-License-Identifier: MIT
// Answer: the inverse of [a c; c b] is [b -c; -c a] / (a b - c²).
inline Values newton(const Values& g, double a, double b, double c) {
  const double determinant = a * b - c * c;
  return {-(b * g[0] - c * g[1]) / determinant, -(a * g[1] - c * g[0]) / determinant};
}
