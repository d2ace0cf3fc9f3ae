// SPDX-License-Identifier: MIT
// Softmax and its logarithm.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// exp(x) / Σ exp(x) along dim, computed without overflow.
TINYGRAD_API Tensor softmax(In x, int dim);
/// x - log Σ exp(x) along dim: the logarithm of softmax.
TINYGRAD_API Tensor log_softmax(In x, int dim);

}  // namespace tinygrad
