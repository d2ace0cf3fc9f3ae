// Conversion to another dtype or device, and copies. Differentiable.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// Real to integer truncates and saturates, NaN becomes 0; to bool, everything but 0 is true.
TINYGRAD_API Tensor to(In x, DType dtype);
TINYGRAD_API Tensor to(In x, const Device& device);
TINYGRAD_API Tensor clone(In x);
/// x itself where it is contiguous, else a copy that is.
TINYGRAD_API Tensor contiguous(In x);

}  // namespace tinygrad
