// SPDX-License-Identifier: MIT
// Fully connected layers.
#pragma once
#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

struct LinearOptions {
  bool bias = true;
};
/// y = x weightᵀ + bias.  x [..., in_features], weight [out_features, in_features],
/// bias [out_features], y [..., out_features].
class TINYGRAD_API Linear : public Module {
 public:
  Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options = {},
         SourceLocation location = SourceLocation::current());
  Parameter weight, bias;

 private:
  Tensor forward(const Tensor& x) override;
};

/// A fully connected layer for inputs and outputs of any rank: every element of the output depends
/// on every element of the input. x [..., in...], weight [in..., out...], bias [out...],
/// y [..., out...]. For example, Dense({28, 28}, {10, 10}) maps images to images with a weight of
/// rank 4. Flatten, Linear and unflatten compute the same function.
class TINYGRAD_API Dense : public Module {
 public:
  Dense(const Shape& in, const Shape& out, const LinearOptions& options = {},
        SourceLocation location = SourceLocation::current());
  Parameter weight, bias;

 private:
  Tensor forward(const Tensor& x) override;
  Shape in_;
};

}  // namespace tinygrad::nn
