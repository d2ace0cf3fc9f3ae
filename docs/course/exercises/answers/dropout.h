// SPDX-License-Identifier: MIT
// Answer: what is kept, with probability 1 - p, is divided by 1 - p; so is its gradient.
inline Tensor dropout(const Tensor& x, const Tensor& u, double p, bool training) {
  return training ? where(u >= p, x / (1 - p), 0) : x;
}
inline Tensor dropout_gradient(const Tensor& dy, const Tensor& u, double p) {
  return where(u >= p, dy / (1 - p), 0);
}
