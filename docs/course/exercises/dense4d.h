// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/dense4d.md: a dense layer whose weight has four indices.
//
// x is [N, I, J]: N matrices. W is [I, J, K, L], b is [K, L]. Compute
//     y[n, k, l]  = Σ_ij x[n, i, j] W[i, j, k, l] + b[k, l]
// and, from dy[n, k, l] = ∂L/∂y[n, k, l], the gradients ∂L/∂W and ∂L/∂x. Write which index is
// summed in each, then use tg::einsum, or reshape and matmul.
// 先写出每个式子对哪些下标求和，再用 tg::einsum，或者 reshape 加 matmul。
#include "grader/exercise.h"

inline Tensor forward(const Tensor& x, const Tensor& w, const Tensor& b) { not_begun(); }
/// ∂L/∂W, in W's shape.
inline Tensor weight_gradient(const Tensor& x, const Tensor& dy) { not_begun(); }
/// ∂L/∂x, in x's shape.
inline Tensor input_gradient(const Tensor& w, const Tensor& dy) { not_begun(); }
