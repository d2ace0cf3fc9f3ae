// SPDX-License-Identifier: MIT
// Einstein summation.
#pragma once
#include <string>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// The sum of products that `equation` describes, as in NumPy and PyTorch:
/// einsum("bij,bjk->bik", {a, b}) is matmul(a, b). Each letter names a dimension; one that the
/// output lacks is summed over, one that occurs twice in a term takes the diagonal, and "..."
/// stands for dimensions that broadcast. Without "->" the output has the letters that occur once,
/// in alphabetical order, after "...". Several tensors are contracted two at a time, the pair with
/// the smallest result first. Throws ArgumentError for an equation that cannot be read, and
/// ShapeError if a letter has two sizes other than 1.
TINYGRAD_API Tensor einsum(const std::string& equation, const Tensors& operands,
                           SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
