// Convolution layers.
#pragma once
#include "tinygrad/nn/module.h"
#include "tinygrad/ops/conv.h"

namespace tinygrad::nn {

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;  ///< an int, a {y, x} pair, or tinygrad::same
  Pair dilation = 1;
  int groups = 1;
  bool bias = true;
};
/// See conv2d in ops.h. weight [out, in / groups, kh, kw], bias [out].
class TINYGRAD_API Conv2d : public Module {
 public:
  Conv2d(int in, int out, Pair kernel, const Conv2dOptions& options = {},
         SourceLocation location = SourceLocation::current());
  Parameter weight, bias;

 private:
  Conv2d(const Shape& weight, const Conv2dOptions& options);
  Tensor forward(const Tensor& x) override;
  tinygrad::Conv2dOptions options_;
};

}  // namespace tinygrad::nn
