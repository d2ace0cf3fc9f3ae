// SPDX-License-Identifier: MIT
// Padding and cropping.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// Adds elements with the given value around x. As in PyTorch, padding is {before, after} of the
/// last dimension, then of the dimension before it, and so on. Negative values crop.
TINYGRAD_API Tensor pad(In x, const Dims& padding, Scalar value = 0);
/// The elements around x: a value, x mirrored at its first and last elements, these elements
/// themselves, or x again.
enum class PadMode { constant, reflect, replicate, circular };
/// The same with elements of x around it. Dimensions must be larger than a padding that reflects,
/// and not smaller than a circular one.
TINYGRAD_API Tensor pad(In x, const Dims& padding, PadMode mode);

}  // namespace tinygrad
