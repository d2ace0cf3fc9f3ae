// SPDX-License-Identifier: MIT
// Convolution layers.
#pragma once
#include "tinygrad/nn/module.h"
#include "tinygrad/ops/conv.h"

namespace tinygrad::nn {

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;  ///< zeros on each side: an int, a {y, x} pair, or tinygrad::same
  Pair dilation = 1;
  int groups = 1;
  bool bias = true;
};
/// Convolves images x [N, in_channels, H, W] or [in_channels, H, W] with
/// weight [out_channels, in_channels / groups, kh, kw] and adds bias [out_channels]. See conv2d.
class TINYGRAD_API Conv2d : public Module {
 public:
  Conv2d(int in_channels, int out_channels, Pair kernel_size, const Conv2dOptions& options = {},
         SourceLocation location = SourceLocation::current());
  template <std::integral T, class... More>
  Conv2d(int, int, Pair, T stride, More...) = delete;  // write {.stride = s, .padding = p}
  Parameter weight, bias;

 private:
  Conv2d(const Shape& weight, const Conv2dOptions& options);
  Tensor forward(const Tensor& x) override;
  tinygrad::Conv2dOptions options_;
};

}  // namespace tinygrad::nn
