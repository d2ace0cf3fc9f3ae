// SPDX-License-Identifier: MIT
// Images and sequences in other sizes: interpolation, and exchanges of channels with pixels.
#pragma once
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// The way in which interpolate() computes an element from those of x around it.
enum class InterpolationMode {
  nearest,        ///< x at the position rounded down
  nearest_exact,  ///< the element of x whose center is nearest
  linear,         ///< between two elements of a sequence
  bilinear,       ///< between two rows and two columns
  trilinear,      ///< between two planes, two rows and two columns
  bicubic,        ///< from four rows and four columns (Keys 1981, a = -0.75)
  area            ///< the mean of the elements that it covers: adaptive average pooling
};
struct InterpolateOptions {
  Dims size = {};                         ///< of the result: for each spatial dimension, or one
  std::vector<double> scale_factor = {};  ///< instead of the size: size = floor(scale_factor H)
  InterpolationMode mode = InterpolationMode::nearest;
  bool align_corners = false;           ///< linear modes: corner elements stay what they are
  bool recompute_scale_factor = false;  ///< positions follow from the sizes, not scale_factor
  /// bilinear and bicubic (a = -0.5): a filter as wide as the distance of two elements of the
  /// result, if that is larger than one of x.
  bool antialias = false;
};
/// x [N, C, L], [N, C, H, W] or [N, C, D, H, W] with other spatial sizes. Element i of the result
/// is at the position (i + 1/2) H / h - 1/2 of x, or i (H - 1) / (h - 1) if corners are aligned;
/// positions outside take the nearest element.
TINYGRAD_API Tensor interpolate(In x, const InterpolateOptions& options);

/// [..., C r², H, W] -> [..., C, H r, W r]: channel c r² + i r + j becomes the pixels (i, j) of
/// each r x r block. Shi et al. 2016.
TINYGRAD_API Tensor pixel_shuffle(In x, std::int64_t upscale_factor);
/// The inverse of pixel_shuffle: [..., C, H r, W r] -> [..., C r², H, W].
TINYGRAD_API Tensor pixel_unshuffle(In x, std::int64_t downscale_factor);
/// x [N, C, ...] with its channels as a matrix [groups, C / groups], transposed. Zhang et al. 2018.
TINYGRAD_API Tensor channel_shuffle(In x, std::int64_t groups);

}  // namespace tinygrad
