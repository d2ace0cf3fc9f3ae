// SPDX-License-Identifier: MIT
// The dropout layer.
#include "tinygrad/nn/dropout.h"

#include "tinygrad/ops/dropout.h"

namespace tinygrad::nn {

Dropout::Dropout(double p, SourceLocation location) : p_(p) {
  require(p >= 0 && p <= 1, Call{"Dropout", location}, "p must be in [0, 1], got ", p);
}
Tensor Dropout::forward(const Tensor& x) { return dropout(x, p_, training()); }

}  // namespace tinygrad::nn
