// Matrix products and tensor contractions.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// As NumPy's: vectors, matrices, and batches of matrices whose leading dimensions broadcast.
TINYGRAD_API Tensor matmul(In a, In b);
/// y = x weightᵀ + bias.  x [..., K], weight [M, K], bias [M] or {}, y [..., M].
TINYGRAD_API Tensor linear(In x, In weight, In bias = {});
/// Sums over the last n dimensions of a with the first n of b: [A..., S...] x [S..., B...] ->
/// [A..., B...].
TINYGRAD_API Tensor tensordot(In a, In b, int n);
/// Over the dimensions `of_a` of a with `of_b` of b, pair by pair.
TINYGRAD_API Tensor tensordot(In a, In b, const Dims& of_a, const Dims& of_b);

}  // namespace tinygrad
