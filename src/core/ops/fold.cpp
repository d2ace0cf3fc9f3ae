// SPDX-License-Identifier: MIT
// The windows of images as columns, and back: unfold, fold, and add_windows, which is the transpose
// of windows().
#include "core/ops/sliding_window.h"

namespace tinygrad {

/// The view [N, C, places, elements] of the windows of v [N, C, ...], which overlap in memory.
static View windows_of(const View& v, const Shape& x, const Dims& stride, const Dims& dilation) {
  Strides strides = {v.stride(0), v.stride(1)};
  for (int i = 0; i < stride.rank(); ++i) strides.push_back(v.stride(2 + i) * stride[i]);
  for (int i = 0; i < stride.rank(); ++i) strides.push_back(v.stride(2 + i) * dilation[i]);
  return v.reshaped(x, strides, v.offset());
}

static void check_addable(const Call& call, const Tensor& x) {
  check_arithmetic(call, x);
  require<DTypeError>(x.dtype() != DType::boolean, call,
                      "bool cannot be added; convert with to(int64)");
}
static void check_add_windows(const Call& call, const Tensor& x, const Shape& shape,
                              const Dims& stride, const Dims& dilation) {
  const int n = shape.rank() - 2;
  require<ShapeError>(n >= 1 && x.dim() == 2 + 2 * n, call,
                      "expected windows [N, C, h, w, kh, kw] and an image shape [N, C, H, W], got ",
                      x.shape(), " and ", shape);
  bool positive = stride.rank() == n && dilation.rank() == n;
  for (int i = 0; i < n; ++i) positive = positive && stride[i] > 0 && dilation[i] > 0;
  require(positive, call, "stride and dilation must be ", n, " positive integers each, got ",
          stride, " and ", dilation);
  check_addable(call, x);
  bool fits = shape[0] == x.shape()[0] && shape[1] == x.shape()[1];
  for (int i = 0; i < n; ++i) {
    const std::int64_t kernel = x.shape()[2 + n + i], size = shape[2 + i];
    std::int64_t extent = 0;
    fits = fits && kernel > 0 && checked_mul(kernel - 1, dilation[i], extent) && extent < size &&
           (size - extent - 1) / stride[i] + 1 == x.shape()[2 + i];
  }
  require<ShapeError>(fits, call, x.shape(), " are not the windows of an image ", shape,
                      " with stride ", stride, " and dilation ", dilation);
}

/// y[n, c, i stride + u dilation, j stride + v dilation] = Σ x[n, c, i, j, u, v].
/// dx = windows(dy). On 2-byte types the formula is add_windows itself, which then runs in float32.
Tensor add_windows(In x, const Shape& shape, const Dims& stride, const Dims& dilation) {
  check_add_windows({"add_windows", x.location}, x, shape, stride, dilation);
  const int n = stride.rank();
  return apply(
      {.name = "add_windows",
       .inputs = {x},
       .outputs = {{shape, x->dtype()}},
       .kernel =
           [&](Backend& b, Views in, Views out) {
             if (is_half(in[0].dtype())) return false;
             b.fill(out[0], 0);
             if (in[0].count() == 0) return true;
             const View all = windows_of(out[0], in[0].shape(), stride, dilation);
             // For one element of all windows, no elements of y overlap.
             const std::int64_t elements = Shape(x->shape().begin() + 2 + n, n).count();
             for (std::int64_t k = 0; k < elements; ++k) {
               View to = all, from = in[0];
               for (std::int64_t d = n, rest = k; d-- > 0; rest /= x->shape()[2 + n + int(d)]) {
                 const std::int64_t i = rest % x->shape()[2 + n + int(d)];
                 to = to.select(2 + n + int(d), i), from = from.select(2 + n + int(d), i);
               }
               b.binary(Binary::add, {}, to, from, to);
             }
             return true;
           },
       .formula = [&](const Tensors& in) { return add_windows(in[0], shape, stride, dilation); },
       .derivatives = {[stride, dilation, kernel = Dims(x->shape().begin() + 2 + n, n)](
                           Dy dy, Saved) { return windows(dy, kernel, stride, dilation); }}});
}

namespace {

/// The windows of an image, and how many there are in each of its columns and rows.
struct Windows {
  SlidingWindow window;
  Dims places;
  Windows(const Call& call, const Dims& image, const Dims& kernel, const UnfoldOptions& args)
      : window(check_sliding_window(call, args.stride.dims(), args.padding.dims(),
                                    args.dilation.dims())) {
    require(!args.padding.is_same, call, "`same` is allowed only as the padding of convolutions");
    for (int i = 0; i < 2; ++i)
      places.push_back(check_windows(call, image[i], kernel[i], window, i));
  }
};

}  // namespace

Tensor unfold(In x, Pair kernel, const UnfoldOptions& args) {
  const Call call{"unfold", x.location};
  if (x->dim() == 3)
    return squeeze(unfold({unsqueeze({*x, x.location}, 0), x.location}, kernel, args), 0);
  require<ShapeError>(x->dim() == 4, call, "expected x of shape ", spatial_shapes(2), ", got ",
                      x->shape());
  const Shape& image = x->shape();
  const auto [window, places] = Windows(call, {image[2], image[3]}, kernel.dims(), args);
  const Tensor all = windows(pad_spatial({*x, x.location}, window, 0), kernel.dims(),
                             window.strides(), window.dilations());
  return reshape(swap_places(all, 2), {image[0], image[1] * kernel.dims().count(), places.count()});
}

Tensor fold(In x, Pair output_size, Pair kernel, const UnfoldOptions& args) {
  const Call call{"fold", x.location};
  if (x->dim() == 2)
    return squeeze(fold({unsqueeze({*x, x.location}, 0), x.location}, output_size, kernel, args),
                   0);
  const Dims image = output_size.dims();
  const auto [window, places] = Windows(call, image, kernel.dims(), args);
  const std::int64_t rows = kernel.dims().count(), columns = places.count();
  require<ShapeError>(x->dim() == 3 && x->shape()[1] % rows == 0 && x->shape()[2] == columns, call,
                      "expected x of shape [N, C ", rows, ", ", columns, "] or [C ", rows, ", ",
                      columns, "], got ", x->shape());
  check_addable(call, *x);
  const std::int64_t n = x->shape()[0], channels = x->shape()[1] / rows;
  const Tensor all =
      reshape({*x, x.location}, {n, channels, kernel.y, kernel.x, places[0], places[1]});
  const Shape padded = padded_shape({n, channels, image[0], image[1]}, window);
  return crop_spatial(
      add_windows(swap_places(all, 2), padded, window.strides(), window.dilations()), window);
}

}  // namespace tinygrad
