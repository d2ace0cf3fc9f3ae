// Indexing by int64 tensors. An index outside 0 ... size - 1 throws IndexError.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// out[i][j][k] = x[i][index[i][j][k]][k] for dim 1.
TINYGRAD_API Tensor gather(In x, int dim, In index);
/// x with out[i][index[i][j][k]][k] = source[i][j][k] for dim 1. Where an element is named twice
/// the last one wins, and has the gradient.
TINYGRAD_API Tensor scatter(In x, int dim, In index, In source);
/// x with source added at those places.
TINYGRAD_API Tensor scatter_add(In x, int dim, In index, In source);
/// The slices of x along dim that index [K] names.
TINYGRAD_API Tensor index_select(In x, int dim, In index);
/// [...] -> [..., classes]: 1 at the index, else 0; int64. classes -1: the largest index + 1.
TINYGRAD_API Tensor one_hot(In index, std::int64_t classes = -1);
/// Rows of weight [V, D] by index [...]: [..., D].
TINYGRAD_API Tensor embedding(In index, In weight);

}  // namespace tinygrad
