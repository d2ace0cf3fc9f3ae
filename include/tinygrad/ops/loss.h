// Losses of classification and regression.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

enum class Reduction { mean, sum, none };
/// Of logits x [N, C] (or [C]) and labels int64 [N] (or []): logsumexp(x) - x[label].
TINYGRAD_API Tensor cross_entropy(In x, In target, Reduction reduction = Reduction::mean);
/// Of log-probabilities: -x[label].
TINYGRAD_API Tensor nll_loss(In x, In target, Reduction reduction = Reduction::mean);
/// (x - target)².
TINYGRAD_API Tensor mse_loss(In x, In target, Reduction reduction = Reduction::mean);

}  // namespace tinygrad
