// SPDX-License-Identifier: MIT
// The layer that flattens its input.
#include "tinygrad/nn/flatten.h"

#include "tinygrad/ops/views.h"

namespace tinygrad::nn {

Tensor Flatten::forward(const Tensor& x) { return flatten(x, start_, end_); }

}  // namespace tinygrad::nn
