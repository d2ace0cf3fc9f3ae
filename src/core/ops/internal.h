// SPDX-License-Identifier: MIT
// Internal functions that several ops use: padding and cropping of images, window counts, gather.
#pragma once
#include "core/check.h"
#include "tinygrad/ops.h"

namespace tinygrad {

/// A tensor of shape `shape` with the elements of x at start, start + step, ... of each dimension,
/// and `value` everywhere else. Its derivative is crop().
Tensor pad_to(In x, const Dims& start, const Dims& step, const Shape& shape, Scalar value);
/// The elements of x at start, start + step, ... of each dimension, as many as `shape` says: a
/// view. It is the transpose of pad_to().
Tensor crop(In x, const Dims& start, const Dims& step, const Shape& shape);

/// gather() under the name of another op, which then appears in the error for a bad index.
Tensor gather_as(const char* name, In x, int dim, In index);

/// The number of windows of `kernel` elements, `dilation` apart, that fit into `size` elements if
/// a window starts at every multiple of `stride`.
inline std::int64_t window_count(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                 std::int64_t dilation) {
  return (size - dilation * (kernel - 1) - 1) / stride + 1;
}
/// The number of windows in an image of `size` rows (axis 0) or columns (axis 1) with padding on
/// both sides. Throws ShapeError if no window fits.
std::int64_t check_windows(const Call& call, std::int64_t size, std::int64_t kernel,
                           const Window& window, int axis);
/// The shape of an image with the window's padding.
inline Shape padded_shape(Shape x, const Window& window) {
  for (int axis = 0; axis < 2; ++axis) x[2 + axis] += 2 * std::int64_t(window.padding[axis]);
  return x;
}
/// x [N, C, H, W] with the window's padding around it; x itself if the padding is 0.
Tensor pad_image(In x, const Window& window, Scalar value);
/// The transpose of pad_image: the part of x [N, C, ...] that is not padding.
Tensor crop_image(In x, const Window& window, const Shape& shape);
inline Dims strides_of(const Window& window) { return {window.stride[0], window.stride[1]}; }
inline Dims dilations_of(const Window& window) { return {window.dilation[0], window.dilation[1]}; }

/// A tensor of zeros with the dtype and device of x. It is one element, expanded with stride 0, so
/// it may only be read.
inline Tensor expanded_zeros(const Tensor& x, const Shape& shape) {
  return expand(zeros({}, {.dtype = x.dtype(), .device = x.device()}), shape);
}

}  // namespace tinygrad
