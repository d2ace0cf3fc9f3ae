// SPDX-License-Identifier: MIT
// Convolution of images x [N, C, H, W] or [C, H, W].
#pragma once
#include "tinygrad/ops/pair.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;  ///< zeros on each side: an int, a {y, x} pair, or `same`
  Pair dilation = 1;
  int groups = 1;
};
/// The cross-correlation of images with filters:
/// y[n, o, i, j] = bias[o]
///                 + Σ_{c, u, v} x[n, c, i stride + u dilation - padding, j ...] weight[o, c, u,
///                 v].
/// weight [O, C / groups, kh, kw], bias [O] or {}, y [N, O, h, w] or [O, h, w] with
/// h = (H + 2 padding - dilation (kh - 1) - 1) / stride + 1, rounded down, and w likewise. All must
/// have one floating dtype, unless an Autocast converts; throws DTypeError otherwise.
TINYGRAD_API Tensor conv2d(In x, In weight, In bias = {}, const Conv2dOptions& options = {});

}  // namespace tinygrad
