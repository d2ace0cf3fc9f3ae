// Pooling of images x [N, C, H, W] or [C, H, W].
#pragma once
#include "tinygrad/ops/pair.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

struct PoolOptions {
  Pair stride = 0;  ///< 0: the size of the window
  Pair padding = 0;
};
TINYGRAD_API Tensor max_pool2d(In x, Pair kernel, const PoolOptions& options = {});
/// Padding counts as zeros.
TINYGRAD_API Tensor avg_pool2d(In x, Pair kernel, const PoolOptions& options = {});

}  // namespace tinygrad
