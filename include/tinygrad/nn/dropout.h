// SPDX-License-Identifier: MIT
// The dropout layer. Srivastava et al. 2014.
#pragma once
#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

/// In training mode, zeroes elements with probability p and scales the others by 1 / (1 - p); in
/// evaluation mode, returns x.
class TINYGRAD_API Dropout : public Module {
 public:
  /// Throws ArgumentError unless 0 <= p <= 1.
  explicit Dropout(double p = 0.5, SourceLocation location = SourceLocation::current());

 private:
  Tensor forward(const Tensor& x) override;
  double p_;
};

}  // namespace tinygrad::nn
