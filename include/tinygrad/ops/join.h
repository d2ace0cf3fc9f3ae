// SPDX-License-Identifier: MIT
// Joining tensors along a dimension.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// Concatenates tensors along dim. All other sizes must be equal, otherwise ShapeError is thrown;
/// dtypes are promoted.
TINYGRAD_API Tensor cat(const Tensors& xs, int dim = 0,
                        SourceLocation location = SourceLocation::current());
/// Joins tensors of equal shape along a new dimension dim.
TINYGRAD_API Tensor stack(const Tensors& xs, int dim = 0,
                          SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
