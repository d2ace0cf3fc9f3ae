// SPDX-License-Identifier: MIT
// Convolution of images x [N, C, H, W] or [C, H, W], of sequences x [N, C, L] or [C, L] and of
// volumes x [N, C, D, H, W] or [C, D, H, W], and its transpose.
#pragma once
#include "tinygrad/ops/pair.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// The movement of the filter. Size is Single for sequences, Pair for images, Triple for volumes.
template <class Size> struct ConvOptions {
  Size stride = 1;
  Size padding = 0;  ///< zeros on each side: an int, a {y, x} pair, or `same`
  Size dilation = 1;
  int groups = 1;
};
using Conv1dOptions = ConvOptions<Single>;
using Conv2dOptions = ConvOptions<Pair>;
using Conv3dOptions = ConvOptions<Triple>;

/// The cross-correlation of images with filters:
/// y[n, o, i, j] = bias[o]
///                 + Σ_{c, u, v} x[n, c, i stride + u dilation - padding, j ...] weight[o, c, u,
///                 v].
/// weight [O, C / groups, kh, kw], bias [O] or {}, y [N, O, h, w] or [O, h, w] with
/// h = (H + 2 padding - dilation (kh - 1) - 1) / stride + 1, rounded down, and w likewise. All must
/// have one floating dtype, unless an Autocast converts; throws DTypeError otherwise.
TINYGRAD_API Tensor conv2d(In x, In weight, In bias = {}, const Conv2dOptions& options = {});
/// The same of sequences: x [N, C, L] or [C, L], weight [O, C / groups, k], y [N, O, l] or [O, l].
TINYGRAD_API Tensor conv1d(In x, In weight, In bias = {}, const Conv1dOptions& options = {});
/// The same of volumes: x [N, C, D, H, W], weight [O, C / groups, kd, kh, kw].
TINYGRAD_API Tensor conv3d(In x, In weight, In bias = {}, const Conv3dOptions& options = {});

/// The movement of the filter of a transposed convolution over its result.
template <class Size> struct ConvTransposeOptions {
  Size stride = 1;
  Size padding = 0;         ///< this many elements are cut off on each side of the result
  Size output_padding = 0;  ///< and so many fewer at its end; less than stride or dilation
  int groups = 1;
  Size dilation = 1;
};
using ConvTranspose1dOptions = ConvTransposeOptions<Single>;
using ConvTranspose2dOptions = ConvTransposeOptions<Pair>;
using ConvTranspose3dOptions = ConvTransposeOptions<Triple>;

/// The transpose of conv2d, plus a bias: each element of x adds the filter, times itself, to y:
/// y[n, o, i stride + u dilation - padding, j ...] += x[n, c, i, j] weight[c, o, u, v].
/// x [N, C, H, W] or [C, H, W], weight [C, O / groups, kh, kw], bias [O] or {}, y [N, O, h, w] or
/// [O, h, w] with h = (H - 1) stride - 2 padding + dilation (kh - 1) + output_padding + 1.
TINYGRAD_API Tensor conv_transpose2d(In x, In weight, In bias = {},
                                     const ConvTranspose2dOptions& options = {});
/// The same of sequences: x [N, C, L] or [C, L], weight [C, O / groups, k].
TINYGRAD_API Tensor conv_transpose1d(In x, In weight, In bias = {},
                                     const ConvTranspose1dOptions& options = {});
/// The same of volumes: x [N, C, D, H, W], weight [C, O / groups, kd, kh, kw].
TINYGRAD_API Tensor conv_transpose3d(In x, In weight, In bias = {},
                                     const ConvTranspose3dOptions& options = {});

}  // namespace tinygrad
