// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/variables.md: the input is the variable, the weights are constants.
//
// images are [N, D] with pixels in [0, 1], w is [D, C], labels are [N] (int64). A net without
// hidden layers scores matmul(images, w); its loss is L = cross_entropy(scores, labels). Move each
// pixel by `size` in the direction in which L grows, and keep it in [0, 1]:
//     clamp(images + size sign(∂L/∂images), 0, 1).
// tg::grad(L, x)[0] is ∂L/∂x if x.requires_grad_() was called before x was used.
// 变量是输入，权重是常数：让每个像素朝损失增大的方向移动 size，并保持在 [0, 1] 之内。
#include "grader/exercise.h"

inline Tensor deceive(const Tensor& images, const Tensor& w, const Tensor& labels, double size) {
  not_begun();
}
