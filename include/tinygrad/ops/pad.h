// SPDX-License-Identifier: MIT
// Padding, and fold, which adds up overlapping windows.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// Adds elements with the given value around x. As in PyTorch, padding is {before, after} of the
/// last dimension, then of the dimension before it, and so on. Negative values crop.
TINYGRAD_API Tensor pad(In x, const Dims& padding, Scalar value = 0);
/// The transpose of windows(): adds overlapping elements. x [N, C, h, w, kh, kw] -> [N, C, H, W],
/// which is `shape`.
TINYGRAD_API Tensor fold(In x, const Shape& shape, const Dims& stride, const Dims& dilation);

}  // namespace tinygrad
