// Softmax and its logarithm.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// exp(x) / Σ exp(x) along dim.
TINYGRAD_API Tensor softmax(In x, int dim);
TINYGRAD_API Tensor log_softmax(In x, int dim);

}  // namespace tinygrad
