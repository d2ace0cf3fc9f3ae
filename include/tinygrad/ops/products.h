// SPDX-License-Identifier: MIT
// Products that are formulas of matmul and of elementwise products.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// Σ_i a_i b_i of two vectors of one size.
TINYGRAD_API Tensor dot(In a, In b);
/// Matrix times vector: a [M, K], b [K] -> [M].
TINYGRAD_API Tensor mv(In a, In b);
/// Matrix times matrix: a [M, K], b [K, N] -> [M, N].
TINYGRAD_API Tensor mm(In a, In b);
/// Batched matrix products: a [B, M, K], b [B, K, N] -> [B, M, N].
TINYGRAD_API Tensor bmm(In a, In b);
/// y_ij = a_i b_j of two vectors.
TINYGRAD_API Tensor outer(In a, In b);
/// Σ over the last dimensions: a [A..., K], b [B..., K] -> [A..., B...]; a b if one is a scalar.
TINYGRAD_API Tensor inner(In a, In b);
/// The Kronecker product: every element of a times all of b. Ranks are filled with 1 from the left.
TINYGRAD_API Tensor kron(In a, In b);
/// The cross product of vectors of 3 elements along dim; the other dimensions broadcast.
TINYGRAD_API Tensor cross(In a, In b, int dim = -1);
/// Σ_i x_ii of a matrix.
TINYGRAD_API Tensor trace(In x);
/// x^n of square matrices [..., M, M], n >= 0, by squaring; n = 0 gives the identity.
TINYGRAD_API Tensor matrix_power(In x, std::int64_t n);

// beta input + alpha (product). If beta is 0, input is not read, so that NaN in it does not count.
// input broadcasts to the product's shape.

/// beta input + alpha a b.  a [M, K], b [K, N].
TINYGRAD_API Tensor addmm(In input, In a, In b, Scalar beta = 1, Scalar alpha = 1);
/// beta input + alpha a b.  a [M, K], b [K].
TINYGRAD_API Tensor addmv(In input, In a, In b, Scalar beta = 1, Scalar alpha = 1);
/// beta input + alpha a bᵀ of vectors.
TINYGRAD_API Tensor addr(In input, In a, In b, Scalar beta = 1, Scalar alpha = 1);
/// beta input + alpha a b.  a [B, M, K], b [B, K, N].
TINYGRAD_API Tensor baddbmm(In input, In a, In b, Scalar beta = 1, Scalar alpha = 1);
/// beta input + alpha Σ_batch a b.  a [B, M, K], b [B, K, N] -> [M, N].
TINYGRAD_API Tensor addbmm(In input, In a, In b, Scalar beta = 1, Scalar alpha = 1);

/// y[..., o] = Σ_ij a[..., i] weight[o, i, j] b[..., j] + bias[o]. weight [O, I, J], bias [O] or
/// {}.
TINYGRAD_API Tensor bilinear(In a, In b, In weight, In bias = {});

}  // namespace tinygrad
