// SPDX-License-Identifier: MIT
// The op dropout. Srivastava et al. 2014.
#pragma once
#include "tinygrad/random.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// Zeroes elements with probability p and scales the others by 1 / (1 - p); returns x if `training`
/// is false. It takes the next call number of the thread's generator. Throws ArgumentError unless
/// 0 <= p <= 1.
TINYGRAD_API Tensor dropout(In x, double p = 0.5, bool training = true);
/// Dropout with the random values of a given call of the generator, to reproduce a mask.
TINYGRAD_API Tensor dropout(In x, double p, const Generator& call);

}  // namespace tinygrad
