// SPDX-License-Identifier: MIT
// Padding, which is the transpose of cropping, and fold, which is the transpose of windows().
#include "core/ops/internal.h"

namespace tinygrad {

/// y[start + i step] = x[i], and all other elements are value.   dx[i] = dy[start + i step].
Tensor pad_to(In x, const Dims& start, const Dims& step, const Shape& shape, Scalar value) {
  return apply({.name = "pad",
                .inputs = {x},
                .outputs = {{shape, x->dtype()}},
                .kernel =
                    [&](Backend& b, Views in, Views out) {
                      b.fill(out[0], value);
                      if (in[0].count() == 0) return true;
                      Strides strides = out[0].strides();
                      std::int64_t offset = out[0].offset();
                      for (int d = 0; d < shape.rank(); ++d)
                        offset += start[d] * strides[d], strides[d] *= step[d];
                      b.copy(in[0], out[0].reshaped(in[0].shape(), strides, offset));
                      return true;
                    },
                .derivatives = {
                    [start, step](Dy dy, Saved s) { return crop(dy, start, step, s.shape(0)); }}});
}

Tensor crop(In x, const Dims& start, const Dims& step, const Shape& shape) {
  Tensor y = *x;
  for (int d = 0; d < shape.rank(); ++d) {
    if (start[d] == 0 && step[d] == 1 && shape[d] == y.shape()[d]) continue;
    const std::int64_t end = shape[d] == 0 ? start[d] : start[d] + (shape[d] - 1) * step[d] + 1;
    y = slice({y, x.location}, d, start[d], end, step[d]);
  }
  return y;
}

Tensor pad(In x, const Dims& padding, Scalar value) {
  const Call call{"pad", x.location};
  require(padding.rank() % 2 == 0 && padding.rank() / 2 <= x->dim(), call,
          "expected two values of padding for each of the last dimensions, got ", padding,
          " for shape ", x->shape());
  Shape shape = x->shape(), kept = shape;
  Dims start = Dims::filled(x->dim(), 0),
       first = start;  // the position of x in the result, and the first element of x that is kept
  const Dims step = Dims::filled(x->dim(), 1);
  for (int i = 0; i < padding.rank() / 2; ++i) {
    const int d = x->dim() - 1 - i;
    const std::int64_t before = padding[2 * i], after = padding[2 * i + 1], size = shape[d];
    require<ShapeError>(before >= -size && after >= -size &&
                            (before >= 0 ? 0 : before) + (after >= 0 ? 0 : after) >= -size,
                        call, "cannot crop {", before, ", ", after, "} from dimension ", d, " of ",
                        Marked{x->shape(), d});
    first[d] = before < 0 ? -before : 0, start[d] = before > 0 ? before : 0;
    kept[d] = size - first[d] + (after < 0 ? after : 0);
    require<ShapeError>(checked_add(kept[d], start[d], shape[d]) &&
                            checked_add(shape[d], after > 0 ? after : 0, shape[d]),
                        call, "padding {", before, ", ", after, "} makes dimension ", d, " of ",
                        Marked{x->shape(), d}, " larger than 63 bits can count");
  }
  return pad_to({crop({*x, x.location}, first, step, kept), x.location}, start, step, shape, value);
}

// ------------------------------------------------------------ images

std::int64_t check_windows(const Call& call, std::int64_t size, std::int64_t kernel,
                           const Window& window, int axis) {
  const char* side = axis == 0 ? "rows" : "columns";
  std::int64_t padded = 0, gaps = 0;
  require<ShapeError>(kernel > 0, call, "the window has no ", side);
  const bool counts = checked_add(size, 2 * std::int64_t(window.padding[axis]), padded) &&
                      checked_mul(kernel - 1, window.dilation[axis], gaps);
  require<ShapeError>(counts && gaps < padded, call, "a window of ", kernel, " ", side,
                      " with dilation ", window.dilation[axis], " does not fit into the image's ",
                      size, " with padding ", window.padding[axis],
                      "; add padding, or use a smaller window");
  return window_count(padded, kernel, window.stride[axis], window.dilation[axis]);
}

Tensor pad_image(In x, const Window& window, Scalar value) {
  if (window.padding[0] == 0 && window.padding[1] == 0) return *x;
  return pad_to({*x, x.location}, {0, 0, window.padding[0], window.padding[1]}, {1, 1, 1, 1},
                padded_shape(x->shape(), window), value);
}
Tensor crop_image(In x, const Window& window, const Shape& shape) {
  return crop({*x, x.location}, {0, 0, window.padding[0], window.padding[1]}, {1, 1, 1, 1}, shape);
}

namespace {

/// The view [N, C, h, w, kh, kw] of the windows of v [N, C, H, W], which overlap in memory.
View windows_of(const View& v, const Shape& x, const Dims& stride, const Dims& dilation) {
  const std::int64_t h = v.stride(2), w = v.stride(3);
  return v.reshaped(
      x, {v.stride(0), v.stride(1), h * stride[0], w * stride[1], h * dilation[0], w * dilation[1]},
      v.offset());
}

void check_fold(const Call& call, const Tensor& x, const Shape& shape, const Dims& stride,
                const Dims& dilation) {
  require<ShapeError>(x.dim() == 6 && shape.rank() == 4, call,
                      "expected windows [N, C, h, w, kh, kw] and an image shape [N, C, H, W], got ",
                      x.shape(), " and ", shape);
  require(stride.rank() == 2 && dilation.rank() == 2 && stride[0] > 0 && stride[1] > 0 &&
              dilation[0] > 0 && dilation[1] > 0,
          call, "stride and dilation must be two positive integers each, got ", stride, " and ",
          dilation);
  check_arithmetic(call, x);
  require<DTypeError>(x.dtype() != DType::boolean, call,
                      "bool cannot be added; convert with to(int64)");
  bool fits = shape[0] == x.shape()[0] && shape[1] == x.shape()[1];
  for (int axis = 0; axis < 2; ++axis) {
    std::int64_t extent = 0;
    fits = fits && x.shape()[4 + axis] > 0 &&
           checked_mul(x.shape()[4 + axis] - 1, dilation[axis], extent) &&
           extent < shape[2 + axis] &&
           window_count(shape[2 + axis], x.shape()[4 + axis], stride[axis], dilation[axis]) ==
               x.shape()[2 + axis];
  }
  require<ShapeError>(fits, call, x.shape(), " are not the windows of an image ", shape,
                      " with stride ", stride, " and dilation ", dilation);
}

}  // namespace

/// y[n, c, i stride + u dilation, j stride + v dilation] = Σ x[n, c, i, j, u, v].   dx =
/// windows(dy). On 2-byte types the formula is fold itself, which then runs in float32.
Tensor fold(In x, const Shape& shape, const Dims& stride, const Dims& dilation) {
  check_fold({"fold", x.location}, x, shape, stride, dilation);
  return apply(
      {.name = "fold",
       .inputs = {x},
       .outputs = {{shape, x->dtype()}},
       .kernel =
           [&](Backend& b, Views in, Views out) {
             if (is_half(in[0].dtype())) return false;
             b.fill(out[0], 0);
             if (in[0].count() == 0) return true;
             const View all = windows_of(out[0], in[0].shape(), stride, dilation);
             for (std::int64_t u = 0; u < all.size(4); ++u)
               for (std::int64_t v = 0; v < all.size(5);
                    ++v) {  // for one (u, v), no elements overlap
                 const View to = all.select(5, v).select(4, u);
                 b.binary(Binary::add, {}, to, in[0].select(5, v).select(4, u), to);
               }
             return true;
           },
       .formula = [&](const Tensors& in) { return fold(in[0], shape, stride, dilation); },
       .derivatives = {[stride, dilation, kh = x->shape()[4], kw = x->shape()[5]](Dy dy, Saved) {
         return windows(dy, kh, kw, stride, dilation);
       }}});
}

}  // namespace tinygrad
