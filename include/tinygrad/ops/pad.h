// SPDX-License-Identifier: MIT
// Padding, and fold, which adds up overlapping windows.
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
/// The transpose of windows(): adds overlapping elements. x [N, C, h, w, kh, kw] -> [N, C, H, W],
/// which is `shape`; or any other number of spatial dimensions.
TINYGRAD_API Tensor fold(In x, const Shape& shape, const Dims& stride, const Dims& dilation);

}  // namespace tinygrad
