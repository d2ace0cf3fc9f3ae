// SPDX-License-Identifier: MIT
// Sizes and padding of the windows of convolution and pooling.
#include "core/ops/sliding_window.h"

#include <algorithm>

namespace tinygrad {

SlidingWindow check_sliding_window(const Call& call, const Dims& stride, const Dims& padding,
                                   const Dims& dilation, int groups) {
  SlidingWindow w;
  w.dims = stride.rank(), w.groups = groups;
  for (int i = 0; i < w.dims; ++i) {
    require(stride[i] > 0, call, "strides must be positive, got ", stride);
    require(dilation[i] > 0, call, "dilations must be positive, got ", dilation);
    require(padding[i] >= 0, call, "padding must not be negative, got ", padding,
            "; crop with pad() or slice()");
    w.stride[i] = int(stride[i]), w.dilation[i] = int(dilation[i]);
    w.padding[i] = w.end_padding[i] = int(padding[i]);
  }
  return w;
}

std::int64_t check_windows(const Call& call, std::int64_t size, std::int64_t kernel,
                           SlidingWindow& window, int axis, bool ceil_mode) {
  constexpr const char* sides[] = {"planes", "rows", "columns"};
  const char* side = sides[3 - window.dims + axis];
  const std::int64_t stride = window.stride[axis], padding = window.padding[axis];
  std::int64_t padded = 0, gaps = 0;
  require<ShapeError>(kernel > 0, call, "the window has no ", side);
  const bool counts = checked_add(size, padding + window.end_padding[axis], padded) &&
                      checked_mul(kernel - 1, window.dilation[axis], gaps);
  require<ShapeError>(counts && gaps < padded, call, "a window of ", kernel, " ", side,
                      " with dilation ", window.dilation[axis], " does not fit into the ", size,
                      " of x with padding ", padding, "; add padding, or use a smaller window");
  std::int64_t count = (padded - gaps - 1) / stride + 1;
  const std::int64_t covered = (count - 1) * stride + gaps + 1;
  if (ceil_mode && covered < padded && count * stride < size + padding) {
    window.end_padding[axis] += int(covered + stride - padded);
    ++count;
  }
  return count;
}

Shape padded_shape(Shape x, const SlidingWindow& window) {
  for (int i = 0; i < window.dims; ++i)
    x[2 + i] += std::int64_t(window.padding[i]) + window.end_padding[i];
  return x;
}

/// pad() with sign times the window's padding.
static Tensor pad_by(In x, const SlidingWindow& window, int sign, Scalar value) {
  Dims padding;
  for (int i = window.dims; i-- > 0;)
    padding.push_back(sign * window.padding[i]), padding.push_back(sign * window.end_padding[i]);
  if (std::all_of(padding.begin(), padding.end(), [](std::int64_t p) { return p == 0; })) return *x;
  return pad({*x, x.location}, padding, value);
}

Tensor pad_spatial(In x, const SlidingWindow& window, Scalar value) {
  return pad_by({*x, x.location}, window, 1, value);
}
Tensor crop_spatial(In x, const SlidingWindow& window) {
  return pad_by({*x, x.location}, window, -1, 0);
}

Tensor swap_places(const Tensor& windows, int dims) {
  Dims order = {0, 1};
  for (int i = 0; i < 2 * dims; ++i) order.push_back(2 + (i + dims) % (2 * dims));
  return permute(windows, order);
}

const char* spatial_shapes(int dims) {
  constexpr const char* shapes[] = {"[N, C, L] or [C, L]", "[N, C, H, W] or [C, H, W]",
                                    "[N, C, D, H, W] or [C, D, H, W]"};
  return shapes[dims - 1];
}

Window image_window(const SlidingWindow& w) {
  Window image;
  image.groups = w.groups;
  for (int i = 0, axis = 2 - w.dims; i < w.dims; ++i, ++axis)
    image.stride[axis] = w.stride[i], image.padding[axis] = w.padding[i],
    image.dilation[axis] = w.dilation[i];
  return image;
}

View as_image(const View& v) {
  Shape shape = v.shape();
  Strides strides = v.strides();
  if (shape.rank() == 3) shape.insert(2, 1), strides.insert(2, v.size(2) * v.stride(2));
  return v.reshaped(shape, strides, v.offset());
}

}  // namespace tinygrad
