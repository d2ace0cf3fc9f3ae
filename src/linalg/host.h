// SPDX-License-Identifier: MIT
// What Eigen computes, on the host: matrices [..., M, N] in, tensors of the same dtype and device
// out. Nothing here is recorded.
#pragma once
#include "tinygrad/ops.h"

namespace tinygrad::linalg::host {

/// {L}. Throws ArgumentError if a matrix is not positive definite.
Tensors cholesky(const Call& call, const Tensor& a);
/// {x} with a x = b for triangular a.
Tensors solve_triangular(const Call& call, const Tensor& a, const Tensor& b, bool upper,
                         bool unitriangular);
/// {x} with a x = b. Throws ArgumentError if a matrix is singular.
Tensors solve(const Call& call, const Tensor& a, const Tensor& b);
/// {det, sign, log |det|}, each [...].
Tensors determinants(const Call& call, const Tensor& a);
/// {Q, R}, `k` columns and rows.
Tensors qr(const Call& call, const Tensor& a, std::int64_t k);
/// {U, S, Vh}.
Tensors svd(const Call& call, const Tensor& a, bool full);
/// {eigenvalues, eigenvectors} of the lower triangle.
Tensors eigh(const Call& call, const Tensor& a);

}  // namespace tinygrad::linalg::host
