// SPDX-License-Identifier: MIT
// Images at any positions: affine_grid makes the positions of an affine map, grid_sample reads them
// (Jaderberg et al. 2015, "Spatial transformer networks").
#pragma once
#include "tinygrad/ops/image.h"

namespace tinygrad {

/// What lies outside the image: zeros, the nearest element, or the image reflected at its borders.
enum class GridPadding { zeros, border, reflection };
struct GridSampleOptions {
  InterpolationMode mode = InterpolationMode::bilinear;  ///< or nearest, or bicubic
  GridPadding padding_mode = GridPadding::zeros;
  /// -1 and 1 are the centers of the first and the last element; otherwise their outer edges.
  bool align_corners = false;
};
/// x [N, C, H, W] at the positions grid [N, h, w, 2] as [N, C, h, w], or x [N, C, D, H, W] at
/// grid [N, d, h, w, 3]; a position is (x, y) or (x, y, z), from -1 to 1 within the image.
/// Differentiable in both. Throws ArgumentError for another mode.
TINYGRAD_API Tensor grid_sample(In x, In grid, const GridSampleOptions& options = {});
/// The grid [N, h, w, 2] of theta [N, 2, 3] for a result of `size` [N, C, h, w], or [N, d, h, w, 3]
/// of theta [N, 3, 4]: position (x, y) of the result is theta (x, y, 1) of the image.
TINYGRAD_API Tensor affine_grid(In theta, const Dims& size, bool align_corners = false);

}  // namespace tinygrad
