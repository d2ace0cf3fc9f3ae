// SPDX-License-Identifier: MIT
// Indexing by int64 tensors. An index outside 0 ... size - 1 throws IndexError. In the formulas, x
// has rank 3 and dim is 1.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// y[i][j][k] = x[i][index[i][j][k]][k]. y has the shape of index.
TINYGRAD_API Tensor gather(In x, int dim, In index);
/// y = x, except that y[i][index[i][j][k]][k] = source[i][j][k]. If several elements of source go
/// to the same element of y, the last one is stored and receives the gradient.
TINYGRAD_API Tensor scatter(In x, int dim, In index, In source);
/// y = x, and then y[i][index[i][j][k]][k] += source[i][j][k] for all i, j, k.
TINYGRAD_API Tensor scatter_add(In x, int dim, In index, In source);
/// y[i][j][k] = x[i][index[j]][k] for index [K].
TINYGRAD_API Tensor index_select(In x, int dim, In index);
/// y[..., c] = 1 if c == index[...], otherwise 0, as int64 [..., classes]. If classes is -1, it is
/// the largest index + 1.
TINYGRAD_API Tensor one_hot(In index, std::int64_t classes = -1);
/// The rows weight[index[...]] of weight [V, D], as [..., D].
TINYGRAD_API Tensor embedding(In index, In weight);

}  // namespace tinygrad
