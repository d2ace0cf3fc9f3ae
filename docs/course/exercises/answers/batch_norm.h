// SPDX-License-Identifier: MIT
// Answer: what dy has in common with a constant (through μ) and with x̂ (through v) is taken out.
inline Tensor gradient(const Tensor& x, const Tensor& gamma, const Tensor& dy, double eps) {
  const Tensor centred = x - mean(x, 0);
  const Tensor root = sqrt(mean(square(centred), 0) + eps);
  const Tensor n = centred / root;
  return gamma / root * (dy - mean(dy, 0) - n * mean(dy * n, 0));
}
