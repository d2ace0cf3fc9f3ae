// SPDX-License-Identifier: MIT
// Checks that the functions share, and small formulas of matrices.
#pragma once
#include "tinygrad/ops.h"

namespace tinygrad::linalg {

/// Throws unless a is floating and has matrices.
inline void check_matrices(const Call& call, const In& a) {
  require<DTypeError>(is_floating(a.given().dtype()), call, "expected a floating dtype, got ",
                      to_string(a->dtype()), "; convert with to(float32)");
  require<ShapeError>(a->dim() >= 2, call, "expected matrices [..., M, N], got shape ", a->shape());
}
inline void check_square(const Call& call, const In& a) {
  check_matrices(call, a);
  require<ShapeError>(a->shape()[-1] == a->shape()[-2], call,
                      "expected square matrices, got shape ", a->shape());
}
/// The transposed matrices.
inline Tensor transposed(const Tensor& a) { return transpose(a, -2, -1); }
/// s [...] beside matrices [..., M, N].
inline Tensor beside(const Tensor& s) { return unsqueeze(unsqueeze(s, -1), -1); }
/// (a + aᵀ) / 2.
inline Tensor symmetric(const Tensor& a) { return (a + transposed(a)) * 0.5; }
/// Identity matrices [n, n] like a.
inline Tensor identity(std::int64_t n, const Tensor& a) {
  return eye(n, {.dtype = a.dtype(), .device = a.device()});
}
/// a and b with the batch that theirs broadcast to.
Tensors same_batch(const Call& call, const Tensor& a, const Tensor& b);

}  // namespace tinygrad::linalg
