// Joining tensors along a dimension.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

TINYGRAD_API Tensor cat(const Tensors& xs, int dim = 0,
                        SourceLocation location = SourceLocation::current());
/// cat along a new dimension.
TINYGRAD_API Tensor stack(const Tensors& xs, int dim = 0,
                          SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
