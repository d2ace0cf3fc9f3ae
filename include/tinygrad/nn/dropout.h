// Dropout.
#pragma once
#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

/// In training, zeroes elements with probability p and scales the others by 1 / (1 - p); in
/// evaluation, does nothing.
class TINYGRAD_API Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5, SourceLocation location = SourceLocation::current());

 private:
  Tensor forward(const Tensor& x) override;
  double p_;
};

}  // namespace tinygrad::nn
