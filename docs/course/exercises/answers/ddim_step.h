// SPDX-License-Identifier: MIT
// Answer: solve the mixture for x0, then mix again with less noise.
inline Tensor ddim_step(const Tensor& x, const Tensor& epsilon, double now, double before) {
  const Tensor x0 = (x - std::sqrt(1 - now) * epsilon) / std::sqrt(now);
  return std::sqrt(before) * x0 + std::sqrt(1 - before) * epsilon;
}
