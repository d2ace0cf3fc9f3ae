// Dropout. Srivastava et al. 2014.
#pragma once
#include "tinygrad/random.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// Zeroes elements with probability p and scales the others by 1 / (1 - p). Takes the next call
/// number of the thread's generator.
TINYGRAD_API Tensor dropout(In x, double p = 0.5, bool training = true);
/// With the numbers of a given call, for reproducing a mask.
TINYGRAD_API Tensor dropout(In x, double p, const Generator& call);

}  // namespace tinygrad
