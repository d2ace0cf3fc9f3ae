// SPDX-License-Identifier: MIT
// Conversion to another dtype or device, and copies. All functions are differentiable.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// x converted to dtype; x itself if it has that dtype. A conversion from real to integer truncates
/// and saturates, and NaN becomes 0; a conversion to bool gives false for 0 and true otherwise.
TINYGRAD_API Tensor to(In x, DType dtype);
/// x on another device; x itself if it is there already. Throws DeviceError if there is no such
/// device.
TINYGRAD_API Tensor to(In x, const Device& device);
/// A contiguous copy of x in memory of its own.
TINYGRAD_API Tensor clone(In x);
/// x itself if it is contiguous, otherwise a contiguous copy.
TINYGRAD_API Tensor contiguous(In x);

}  // namespace tinygrad
