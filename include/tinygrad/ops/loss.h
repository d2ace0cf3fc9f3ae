// SPDX-License-Identifier: MIT
// Losses of classification and regression.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// The reduction of the losses of all samples: their mean, their sum, or none.
enum class Reduction { mean, sum, none };
/// logsumexp(x) - x[target] for logits x [N, C] or [C] and labels target, int64 [N] or []. A label
/// outside 0 ... C - 1 throws IndexError.
TINYGRAD_API Tensor cross_entropy(In x, In target, Reduction reduction = Reduction::mean);
/// -x[target] for log-probabilities x, in the shapes of cross_entropy.
TINYGRAD_API Tensor nll_loss(In x, In target, Reduction reduction = Reduction::mean);
/// (x - target)², for x and target of the same shape.
TINYGRAD_API Tensor mse_loss(In x, In target, Reduction reduction = Reduction::mean);

}  // namespace tinygrad
