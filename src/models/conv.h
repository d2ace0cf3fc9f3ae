// SPDX-License-Identifier: MIT
// The convolutions of the U-Net and of the autoencoder.
#pragma once
#include "tinygrad/nn/conv.h"

namespace tinygrad::models {

/// With a stride of 1, and unless a padding is given, it keeps the height and the width.
inline nn::Conv2d conv(std::int64_t in, std::int64_t out, int size = 3, int stride = 1,
                       int padding = -1) {
  return nn::Conv2d(int(in), int(out), size,
                    {.stride = stride, .padding = padding < 0 ? size / 2 : padding});
}

}  // namespace tinygrad::models
