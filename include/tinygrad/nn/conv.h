// SPDX-License-Identifier: MIT
// Convolution layers.
#pragma once
#include "tinygrad/nn/layers.h"
#include "tinygrad/ops/conv.h"
#include "tinygrad/ops/pad.h"

namespace tinygrad::nn {

/// Size: Single for sequences, Pair for images, Triple for volumes.
template <class Size> struct ConvOptions {
  Size stride = 1;
  Size padding = 0;  ///< zeros on each side: an int, a {y, x} pair, or tinygrad::same
  Size dilation = 1;
  int groups = 1;
  bool bias = true;
  PadMode padding_mode = PadMode::constant;  ///< what the padding is made of: zeros, or x
};
using Conv1dOptions = ConvOptions<Single>;
using Conv2dOptions = ConvOptions<Pair>;
using Conv3dOptions = ConvOptions<Triple>;
template <class Size> struct ConvTransposeOptions {
  Size stride = 1;
  Size padding = 0;         ///< this many elements are cut off on each side of the result
  Size output_padding = 0;  ///< and so many fewer at its end; less than stride or dilation
  int groups = 1;
  bool bias = true;
  Size dilation = 1;
};
using ConvTranspose1dOptions = ConvTransposeOptions<Single>;
using ConvTranspose2dOptions = ConvTransposeOptions<Pair>;
using ConvTranspose3dOptions = ConvTransposeOptions<Triple>;

#define CONVOLUTION(Name, Size)                                                                  \
  struct TINYGRAD_API Name : WeightedLambda {                                                    \
    Name(int in_channels, int out_channels, Size kernel_size, const Name##Options& options = {}, \
         SourceLocation location = SourceLocation::current());                                   \
    template <std::integral T, class... More> Name(int, int, Size, T stride, More...) = delete;  \
  }
/// Convolves sequences x [N, in_channels, L] or [in_channels, L] with
/// weight [out_channels, in_channels / groups, k] and adds bias [out_channels]. See conv1d.
CONVOLUTION(Conv1d, Single);  // write {.stride = s, .padding = p}
/// Convolves images x [N, in_channels, H, W] or [in_channels, H, W] with
/// weight [out_channels, in_channels / groups, kh, kw] and adds bias [out_channels]. See conv2d.
CONVOLUTION(Conv2d, Pair);  // write {.stride = s, .padding = p}
/// The transpose of Conv1d, with weight [in_channels, out_channels / groups, k].
CONVOLUTION(ConvTranspose1d, Single);  // write {.stride = s, .padding = p}
/// The transpose of Conv2d, with weight [in_channels, out_channels / groups, kh, kw].
CONVOLUTION(ConvTranspose2d, Pair);  // write {.stride = s, .padding = p}
/// Conv2d of volumes x [N, in_channels, D, H, W]. See conv3d.
CONVOLUTION(Conv3d, Triple);  // write {.stride = s, .padding = p}
/// The transpose of Conv3d, with weight [in_channels, out_channels / groups, kd, kh, kw].
CONVOLUTION(ConvTranspose3d, Triple);  // write {.stride = s, .padding = p}
#undef CONVOLUTION

}  // namespace tinygrad::nn
