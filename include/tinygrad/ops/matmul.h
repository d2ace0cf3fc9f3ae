// SPDX-License-Identifier: MIT
// Matrix products and tensor contractions.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// The matrix product a b as in NumPy: of matrices, of vectors, and of batches of matrices
/// [..., M, K] x [..., K, N] -> [..., M, N], whose leading dimensions broadcast.
TINYGRAD_API Tensor matmul(In a, In b);
/// y = x weightᵀ + bias.  x [..., K], weight [M, K], bias [M] or {}, y [..., M]. All must have one
/// dtype, unless an Autocast converts; throws DTypeError otherwise, while matmul promotes.
TINYGRAD_API Tensor linear(In x, In weight, In bias = {});
/// The contraction of the last n dimensions of a with the first n dimensions of b:
/// [A..., S...] x [S..., B...] -> [A..., B...].
TINYGRAD_API Tensor tensordot(In a, In b, int n);
/// The contraction of the dimensions dims_a of a with the dimensions dims_b of b, pair by pair. The
/// result has the other dimensions of a, then those of b.
TINYGRAD_API Tensor tensordot(In a, In b, const Dims& dims_a, const Dims& dims_b);

}  // namespace tinygrad
