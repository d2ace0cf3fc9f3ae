// SPDX-License-Identifier: MIT
// How the windows of convolution and pooling move over the spatial dimensions of x [N, C, ...], of
// which there may be up to three: the checks, the sizes, and the padding around x.
#pragma once
#include "core/ops/internal.h"

namespace tinygrad {

/// One value for each of `dims` spatial dimensions.
struct SlidingWindow {
  int dims = 0;
  int stride[3] = {}, padding[3] = {}, dilation[3] = {};
  int end_padding[3] = {};  ///< like padding, unless a window begins in x and ends outside
  int groups = 1;
  Dims strides() const { return list(stride); }
  Dims dilations() const { return list(dilation); }

 private:
  Dims list(const int (&values)[3]) const {
    Dims all;
    for (int i = 0; i < dims; ++i) all.push_back(values[i]);
    return all;
  }
};
/// Throws ArgumentError if a stride or a dilation is not positive or a padding is negative.
SlidingWindow check_sliding_window(const Call& call, const Dims& stride, const Dims& padding,
                                   const Dims& dilation, int groups = 1);

/// The number of windows of `kernel` elements along an axis of `size` elements; with ceil_mode also
/// one that ends outside, for which end_padding is set. Throws ShapeError if no window fits.
std::int64_t check_windows(const Call& call, std::int64_t size, std::int64_t kernel,
                           SlidingWindow& window, int axis, bool ceil_mode = false);

/// The shape of x with the window's padding.
Shape padded_shape(Shape x, const SlidingWindow& window);
/// x with the window's padding around it; x itself if the padding is 0.
Tensor pad_spatial(In x, const SlidingWindow& window, Scalar value);
/// The transpose of pad_spatial: the part of x that is not padding.
Tensor crop_spatial(In x, const SlidingWindow& window);
/// Swaps the last `dims` dimensions of [N, C, ...] with the `dims` before them: windows are
/// [N, C, places, elements].
Tensor swap_places(const Tensor& windows, int dims);

/// "x of shape [N, C, H, W] or [C, H, W]" for two dimensions, in messages.
const char* spatial_shapes(int dims);

/// adaptive_avg_pool1d, 2d or 3d, by the number of sizes.
Tensor adaptive_avg_pool(const Call& call, const Tensor& x, const Dims& sizes);

/// Kernels are those of images: they take sequences [N, C, L] as [N, C, 1, L].
inline bool has_kernels(const SlidingWindow& window) { return window.dims <= 2; }
Window image_window(const SlidingWindow& window);
View as_image(const View& v);

}  // namespace tinygrad
