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

/// Dropout of whole channels of x [N, C, ...]; dropout1d takes [C, L] and dropout3d [C, D, H, W],
/// too. Tompson et al. 2015.
TINYGRAD_API Tensor dropout1d(In x, double p = 0.5, bool training = true);
TINYGRAD_API Tensor dropout2d(In x, double p = 0.5, bool training = true);
TINYGRAD_API Tensor dropout3d(In x, double p = 0.5, bool training = true);
/// Sets elements to the limit -1.758 of selu with probability p, and scales and shifts all so that
/// mean 0 and variance 1 stay. Klambauer et al. 2017.
TINYGRAD_API Tensor alpha_dropout(In x, double p = 0.5, bool training = true);
/// The same of whole channels of x [N, C, ...].
TINYGRAD_API Tensor feature_alpha_dropout(In x, double p = 0.5, bool training = true);

}  // namespace tinygrad
