// SPDX-License-Identifier: MIT
// Copies of x in which the elements of a view of x are replaced by those of source, which has the
// shape and dtype of that view: the functional forms of x.select(dim, index).copy_(source), etc.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// Replaces select(x, dim, index).
TINYGRAD_API Tensor select_scatter(In x, In source, int dim, std::int64_t index);
/// Replaces slice(x, dim, start, end, step).
TINYGRAD_API Tensor slice_scatter(In x, In source, int dim = 0, std::int64_t start = 0,
                                  std::int64_t end = INT64_MAX, std::int64_t step = 1);
/// Replaces diagonal(x, offset, dim1, dim2).
TINYGRAD_API Tensor diagonal_scatter(In x, In source, std::int64_t offset = 0, int dim1 = 0,
                                     int dim2 = 1);

}  // namespace tinygrad
