// Padding, and the sum of overlapping windows.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// {before, after} of the last dimension, of the one before it, ...; as PyTorch's. Negative numbers
/// crop.
TINYGRAD_API Tensor pad(In x, const Dims& padding, Scalar value = 0);
/// The transpose of windows: overlapping elements add up. [N, C, h, w, kh, kw] -> shape [N, C, H,
/// W].
TINYGRAD_API Tensor fold(In x, const Shape& shape, const Dims& stride, const Dims& dilation);

}  // namespace tinygrad
