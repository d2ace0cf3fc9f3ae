// SPDX-License-Identifier: MIT
// Joining tensors: along a dimension, into blocks of a matrix, and into grids of points.
#pragma once
#include <string_view>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// Concatenates tensors along dim. All other sizes must be equal, otherwise ShapeError is thrown;
/// dtypes are promoted.
TINYGRAD_API Tensor cat(const Tensors& xs, int dim = 0,
                        SourceLocation location = SourceLocation::current());
/// Joins tensors of equal shape along a new dimension dim.
TINYGRAD_API Tensor stack(const Tensors& xs, int dim = 0,
                          SourceLocation location = SourceLocation::current());
/// cat() along columns: dimension 1, or 0 of vectors.
TINYGRAD_API Tensor hstack(const Tensors& xs, SourceLocation location = SourceLocation::current());
/// cat() along rows, of atleast_2d(x).
TINYGRAD_API Tensor vstack(const Tensors& xs, SourceLocation location = SourceLocation::current());
/// cat() along dimension 2, of atleast_3d(x).
TINYGRAD_API Tensor dstack(const Tensors& xs, SourceLocation location = SourceLocation::current());
/// cat() along dimension 1; vectors and 0-d tensors are columns.
TINYGRAD_API Tensor column_stack(const Tensors& xs,
                                 SourceLocation location = SourceLocation::current());
/// The matrix with the given matrices along its diagonal, and zeros elsewhere. Vectors are rows.
TINYGRAD_API Tensor block_diag(const Tensors& xs,
                               SourceLocation location = SourceLocation::current());

/// The coordinates of a grid of points, from the vectors xs[i] [n_i]: y_k[i, j, ...] is xs[0][i],
/// xs[1][j], ... for k = 0, 1, ... The shape is [n_0, n_1, ...] with the indexing "ij", and [n_1,
/// n_0, ...] with "xy". They are views of xs.
TINYGRAD_API std::vector<Tensor> meshgrid(const Tensors& xs, std::string_view indexing = "ij",
                                          SourceLocation location = SourceLocation::current());
/// All points with coordinates from the vectors xs[i] [n_i], in lexicographic order: [n_0 n_1 ...,
/// number of vectors]; of a single vector, that vector.
TINYGRAD_API Tensor cartesian_prod(const Tensors& xs,
                                   SourceLocation location = SourceLocation::current());
/// All choices of r elements of x [N], in lexicographic order of their positions: [choices, r]. An
/// element may be chosen more than once if with_replacement is set.
TINYGRAD_API Tensor combinations(In x, std::int64_t r = 2, bool with_replacement = false);

}  // namespace tinygrad
