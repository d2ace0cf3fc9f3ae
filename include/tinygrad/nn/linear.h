// Fully connected layers.
#pragma once
#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

struct LinearOptions {
  bool bias = true;
};
/// y = x wᵀ + b.  x [..., in], weight [out, in], bias [out], y [..., out].
class TINYGRAD_API Linear : public Module {
 public:
  Linear(std::int64_t in, std::int64_t out, const LinearOptions& options = {},
         SourceLocation location = SourceLocation::current());
  Parameter weight, bias;

 private:
  Tensor forward(const Tensor& x) override;
};

/// A fully connected map between inputs and outputs of any rank: every element of the input reaches
/// every element of the output. x [..., in...], weight [in..., out...], bias [out...], y [...,
/// out...]. Images to images: Dense({28, 28}, {10, 10}) has a weight of rank 4. Flatten, Linear and
/// unflatten give the same numbers.
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
