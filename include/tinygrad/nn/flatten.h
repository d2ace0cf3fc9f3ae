// SPDX-License-Identifier: MIT
// The layer that flattens its input.
#pragma once
#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

/// Merges the dimensions start ... end; by default all but the batch dimension. See flatten.
class TINYGRAD_API Flatten : public Module {
 public:
  explicit Flatten(int start = 1, int end = -1) : start_(start), end_(end) {}

 private:
  Tensor forward(const Tensor& x) override;
  int start_, end_;
};

}  // namespace tinygrad::nn
