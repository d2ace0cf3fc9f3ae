// SPDX-License-Identifier: MIT
// Answer: a leaf that shares the images' memory is what L is differentiated by.
inline Tensor deceive(const Tensor& images, const Tensor& w, const Tensor& labels, double size) {
  const Tensor x = images.detach().requires_grad_();
  const Tensor loss = cross_entropy(matmul(x, w), labels);
  return clamp(images + size * sign(tg::grad(loss, x)[0]), 0, 1);
}
