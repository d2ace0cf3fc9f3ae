// SPDX-License-Identifier: MIT
// A map from images to images that is local as a convolution is, with weights of its own for each
// pixel.
#pragma once
#include <tinygrad/ops.h>

namespace lab {

/// y [N, 1, S, S] of x [N, 1, S, S]: each pixel has a 5 x 5 window with weights of its own, weight
/// [25, S, S].
inline tinygrad::Tensor locally_connected(const tinygrad::Tensor& x,
                                          const tinygrad::Tensor& weight) {
  const std::int64_t s = x.size(2);
  const auto windows = reshape(tinygrad::unfold(x, {5, 5}, {.padding = 2}), {x.size(0), 25, s, s});
  return unsqueeze((windows * weight).sum(1), 1);
}

}  // namespace lab
