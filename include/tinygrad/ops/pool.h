// SPDX-License-Identifier: MIT
// Pooling of images x [N, C, H, W] or [C, H, W].
#pragma once
#include "tinygrad/ops/pair.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

struct PoolOptions {
  Pair stride = 0;   ///< 0: the size of the window
  Pair padding = 0;  ///< rows and columns on each side, at most half the window
};
/// The maximum of each window of kernel_size; padding never is the maximum. If several elements are
/// equal, the first receives the gradient.
TINYGRAD_API Tensor max_pool2d(In x, Pair kernel_size, const PoolOptions& options = {});
/// The mean of each window of kernel_size; padding counts as zeros.
TINYGRAD_API Tensor avg_pool2d(In x, Pair kernel_size, const PoolOptions& options = {});

}  // namespace tinygrad
