// SPDX-License-Identifier: MIT
// Answer: exp(-x) may be inf, since 1 / inf is 0; exp(x) / (1 + exp(x)) would be inf / inf. The
// slope is that of a product.
inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
inline double silu_slope(double x) {
  const double s = sigmoid(x);
  return s + x * s * (1 - s);
}
