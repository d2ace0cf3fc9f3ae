// Ops that other ops are made of, and that users do not see.
#pragma once
#include "core/check.h"
#include "tinygrad/ops.h"

namespace tinygrad {

/// x at start, start + step, ... of each dimension inside `shape`, and `value` everywhere else. Its
/// derivative is `crop`.
Tensor pad_to(In x, const Dims& start, const Dims& step, const Shape& shape, Scalar value);
/// The `shape` elements of x at start, start + step, ... of each dimension: a view, the transpose
/// of pad_to.
Tensor crop(In x, const Dims& start, const Dims& step, const Shape& shape);

/// gather under another op's name, which then stands in the error for a bad index.
Tensor gather_as(const char* name, In x, int dim, In index);

/// How many windows of `kernel` elements, `dilation` apart, fit into `size` elements when they
/// start every `stride`.
inline std::int64_t window_count(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                 std::int64_t dilation) {
  return (size - dilation * (kernel - 1) - 1) / stride + 1;
}
/// How many fit into an image of `size` rows (axis 0) or columns (axis 1) with padding on both
/// sides. Throws ShapeError where none does.
std::int64_t check_windows(const Call& call, std::int64_t size, std::int64_t kernel,
                           const Window& window, int axis);
/// The shape of an image with the window's padding.
inline Shape padded_shape(Shape x, const Window& window) {
  for (int axis = 0; axis < 2; ++axis) x[2 + axis] += 2 * std::int64_t(window.padding[axis]);
  return x;
}
/// x [N, C, H, W] with the window's padding around it; x itself where there is none.
Tensor pad_image(In x, const Window& window, Scalar value);
/// The transpose of pad_image: the part of x [N, C, ...] that is not padding.
Tensor crop_image(In x, const Window& window, const Shape& shape);
inline Dims strides_of(const Window& window) { return {window.stride[0], window.stride[1]}; }
inline Dims dilations_of(const Window& window) { return {window.dilation[0], window.dilation[1]}; }

/// A tensor of zeros beside x: of its dtype and on its device. It is one zero that repeats, for ops
/// that read it.
inline Tensor zeros_beside(const Tensor& x, const Shape& shape) {
  return expand(zeros({}, {.dtype = x.dtype(), .device = x.device()}), shape);
}

}  // namespace tinygrad
