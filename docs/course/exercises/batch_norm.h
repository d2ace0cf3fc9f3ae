// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/normalization.md: the derivative of batch norm.
//
// x is [N, C], γ is [C]. With the mean μ and the variance v of each column over the N samples (the
// mean of (x - μ)², without correction), batch norm computes
//     x̂ = (x - μ) / √(v + eps),    y = γ x̂ + β.
// Compute ∂L/∂x from dy = ∂L/∂y. x also moves μ and v: the derivative has three terms. mean(x, 0)
// is the mean of each column.
// 由 dy 求 ∂L/∂x。x 也会改变 μ 和 v，所以导数有三项。
#include "grader/exercise.h"

inline Tensor gradient(const Tensor& x, const Tensor& gamma, const Tensor& dy, double eps) {
  not_begun();
}
