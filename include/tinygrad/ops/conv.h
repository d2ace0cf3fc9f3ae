// Convolution of images x [N, C, H, W] or [C, H, W].
#pragma once
#include "tinygrad/ops/pair.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;
  Pair dilation = 1;
  int groups = 1;
};
/// y[n, o, i, j] = bias[o] + Σ_{c, u, v} x[n, c, i stride + u dilation - padding, j ...]
/// weight[o, c, u, v]: a cross-correlation. weight [O, C / groups, kh, kw], bias [O] or {}.
TINYGRAD_API Tensor conv2d(In x, In weight, In bias = {}, const Conv2dOptions& options = {});

}  // namespace tinygrad
