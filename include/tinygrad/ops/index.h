// SPDX-License-Identifier: MIT
// Indexing by int64 tensors. An index outside 0 ... size - 1 throws IndexError. In the formulas, x
// has rank 3 and dim is 1.
#pragma once
#include <optional>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// y[i][j][k] = x[i][index[i][j][k]][k]. y has the shape of index.
TINYGRAD_API Tensor gather(In x, int dim, In index);
/// y = x, except that y[i][index[i][j][k]][k] = source[i][j][k]. If several elements of source go
/// to the same element of y, the last one is stored and receives the gradient.
TINYGRAD_API Tensor scatter(In x, int dim, In index, In source);
/// y = x, and then y[i][index[i][j][k]][k] += source[i][j][k] for all i, j, k.
TINYGRAD_API Tensor scatter_add(In x, int dim, In index, In source);
/// The sum, the product, the mean, the maximum or the minimum of several elements.
enum class ScatterReduce { sum, prod, mean, amax, amin };
/// y = x, except that y[i][index[i][j][k]][k] is x's element and all elements of source that go
/// there, reduced to one; without x's element unless include_self is set. Means of integers are
/// rounded down. Equal maxima and minima share the gradient. x and source have one dtype; bools
/// have no sum and no mean.
TINYGRAD_API Tensor scatter_reduce(In x, int dim, In index, In source, ScatterReduce reduce,
                                   bool include_self = true);
/// y[i][j][k] = x[i][index[j]][k] for index [K].
TINYGRAD_API Tensor index_select(In x, int dim, In index);
/// y[..., c] = 1 if c == index[...], otherwise 0, as int64 [..., classes]. If classes is -1, it is
/// the largest index + 1.
TINYGRAD_API Tensor one_hot(In index, std::int64_t classes = -1);
/// The rows weight[index[...]] of weight [V, D], as [..., D].
TINYGRAD_API Tensor embedding(In index, In weight);

/// y = x, and then y[i][index[j]][k] += alpha source[i][j][k] for all i, j, k; index [J].
TINYGRAD_API Tensor index_add(In x, int dim, In index, In source, Scalar alpha = 1);
/// scatter_reduce() of slices: source[i][j][k] goes to y[i][index[j]][k]. Throws ArgumentError for
/// ScatterReduce::sum, which is index_add.
TINYGRAD_API Tensor index_reduce(In x, int dim, In index, In source, ScatterReduce reduce,
                                 bool include_self = true);
/// y = x, except that y[i][index[j]][k] = source[i][j][k]. The last of several with one index is
/// stored.
TINYGRAD_API Tensor index_copy(In x, int dim, In index, In source);
/// y = x, except that y[i][index[j]][k] = value.
TINYGRAD_API Tensor index_fill(In x, int dim, In index, Scalar value);
/// The same with a 0-d tensor.
TINYGRAD_API Tensor index_fill(In x, int dim, In index, In value);
// In these, a negative index counts from the end.

/// y[i][j][k] = x[i][index[i][j][k]][k], where sizes other than that of dim broadcast. Without dim,
/// both are flattened.
TINYGRAD_API Tensor take_along_dim(In x, In index, std::optional<int> dim = {});
/// y[i, j, ...] = flatten(x)[index[i, j, ...]]. y has the shape of index.
TINYGRAD_API Tensor take(In x, In index);
/// y = x, except that flatten(y)[index[i, ...]] = source[i, ...]; with accumulate, it is added.
TINYGRAD_API Tensor put(In x, In index, In source, bool accumulate = false);
/// y = x, except that y[indices[0][i...], indices[1][i...], ..., j...] = values[i..., j...], where
/// the indices broadcast to one shape, and values to that of y[...]; with accumulate, it is added.
/// A bool tensor among the indices stands for nonzero(mask), one index for each of its dimensions.
/// The last of several values for one element is stored.
TINYGRAD_API Tensor index_put(In x, const Tensors& indices, In values, bool accumulate = false);

}  // namespace tinygrad
