// SPDX-License-Identifier: MIT
// Pooling: the maximum or the mean of each window of an image. x [N, C, H, W], y [N, C, h, w].
#include <cmath>

#include "core/ops/internal.h"

namespace tinygrad {
namespace {

/// The size of a window, kh x kw elements, with its stride and padding.
struct Pooling {
  int kh, kw;
  Window window;
};

/// The windows of padded x, each as one row: [N, C, h, w, kh · kw].
Tensor window_rows(const Tensor& padded, const Pooling& p) {
  const Tensor v = windows(padded, p.kh, p.kw, strides_of(p.window), dilations_of(p.window));
  return flatten(v, 4, 5);
}

/// The index row · W + column in x of each element of the padded plane, [1, 1, H + 2p, W + 2p]. An
/// element of the padding has the index of the nearest element of x.
Tensor plane_indices(const Tensor& x, const Window& window) {
  const std::int64_t h = x.shape()[2], w = x.shape()[3];
  const TensorOptions integers{.dtype = DType::int64, .device = x.device()};
  const Tensor rows =
      clamp(arange(-window.padding[0], h + window.padding[0], 1, integers), 0, h - 1);
  const Tensor cols =
      clamp(arange(-window.padding[1], w + window.padding[1], 1, integers), 0, w - 1);
  return reshape(unsqueeze(rows * w, 1) + cols, {1, 1, rows.numel(), cols.numel()});
}

/// Reshapes [N, C, H, W] -> [N, C, H · W], so that scatter and gather work along one dimension.
Tensor planes(const Tensor& x) { return flatten(x, 2, 3); }

Tensor max_grad(In dy, In index, const Shape& x, Pooling p);

/// The elements of x at index [N, C, h, w]: the transpose of max_grad.
Tensor gather_planes(const Tensor& x, const Tensor& index) {
  return reshape(gather(planes(x), 2, planes(index)), index.shape());
}

/// dx = dy, added at the positions of the maxima.   It is linear in dy: ddy = the elements of g at
/// these positions.
Tensor max_grad(In dy, In index, const Shape& x, Pooling p) {
  return apply({.name = "max_pool2d_grad",
                .inputs = {dy, index},
                .outputs = {{x, dy->dtype()}},
                .kernel =
                    [&](Backend& b, Views in, Views out) {
                      return b.max_pool2d_grad(in[0], in[1], p.kh, p.kw, p.window, out[0]);
                    },
                .formula =
                    [&](const Tensors& in) {
                      const Tensor zero = expanded_zeros(in[0], {x[0], x[1], x[2] * x[3]});
                      return reshape(scatter_add(zero, 2, planes(in[1]), planes(in[0])), x);
                    },
                .keep = {Keep::input(1)},
                .derivatives = {[](Dy g, Saved s) { return gather_planes(g, s.input(1)); }}});
}

/// y = the maximum of the window, and its index in the plane.   dx = dy at that index.
Tensor max_windows(In x, const Shape& y, Pooling p, SourceLocation location) {
  return apply(
      {.name = "max_pool2d",
       .inputs = {{*x}, location},
       .outputs = {{y, x->dtype()}, {y, DType::int64}},
       .kernel =
           [&](Backend& b, Views in, Views out) {
             return b.max_pool2d(in[0], p.kh, p.kw, p.window, out[0], out[1]);
           },
       .formula = [&](const Tensors& in) -> Tensors {
         const Tensor rows = window_rows(pad_image(in[0], p.window, -INFINITY), p),
                      position = argmax(rows, 4, keepdim);
         const Tensor index = window_rows(plane_indices(in[0], p.window), p);
         return {squeeze(gather(rows, 4, position), 4),
                 squeeze(gather(expand(index, rows.shape()), 4, position), 4)};
       },
       .keep = {Keep::output(1)},
       .derivatives = {[p](Dy dy, Saved s) { return max_grad(dy, s.output(1), s.shape(0), p); }}});
}

Tensor mean_windows(In x, const Shape& y, Pooling p, SourceLocation location);

/// dx = Σ dy / (kh kw) over the windows that contain the element.   It is linear in dy, and its
/// derivative is the pooling again.
Tensor mean_grad(In dy, const Shape& x, Pooling p) {
  return apply(
      {.name = "avg_pool2d_grad",
       .inputs = {dy},
       .outputs = {{x, dy->dtype()}},
       .kernel = [&](Backend& b, Views in,
                     Views out) { return b.avg_pool2d_grad(in[0], p.kh, p.kw, p.window, out[0]); },
       .formula =
           [&](const Tensors& in) {
             Shape all = in[0].shape();
             all.push_back(p.kh), all.push_back(p.kw);
             const Tensor each =
                 expand(unsqueeze(unsqueeze(in[0] * (1 / (double(p.kh) * p.kw)), 4), 5), all);
             return crop_image(fold(each, padded_shape(x, p.window), strides_of(p.window),
                                    dilations_of(p.window)),
                               p.window, x);
           },
       .derivatives = {[p, y = dy->shape()](Dy g, Saved) { return mean_windows(g, y, p, {}); }}});
}

/// y = the mean of the window.   dx = mean_grad(dy).
Tensor mean_windows(In x, const Shape& y, Pooling p, SourceLocation location) {
  return apply(
      {.name = "avg_pool2d",
       .inputs = {{*x}, location},
       .outputs = {{y, x->dtype()}},
       .kernel = [&](Backend& b, Views in,
                     Views out) { return b.avg_pool2d(in[0], p.kh, p.kw, p.window, out[0]); },
       .formula =
           [&](const Tensors& in) {
             return mean(window_rows(pad_image(in[0], p.window, 0), p), 4);
           },
       .derivatives = {[p](Dy dy, Saved s) { return mean_grad(dy, s.shape(0), p); }}});
}

// ------------------------------------------------------------ checks

Pooling check_pooling(const Call& call, const Tensor& x, Pair kernel, const PoolOptions& args) {
  check_floating(call, x);
  require<ShapeError>(x.dim() == 4, call, "expected x of shape [N, C, H, W] or [C, H, W], got ",
                      x.shape());
  require(!kernel.is_same && !args.stride.is_same && !args.padding.is_same, call,
          "`same` is allowed only as the padding of convolutions");
  const int sy = args.stride.y ? args.stride.y : kernel.y,
            sx = args.stride.x ? args.stride.x : kernel.x;
  require(kernel.y > 0 && kernel.x > 0, call, "the window size must be positive, got ", kernel.y,
          " and ", kernel.x);
  require(sy > 0 && sx > 0, call, "strides must be positive, or 0 for the size of the window; got ",
          sy, " and ", sx);
  require(args.padding.y >= 0 && args.padding.x >= 0 && args.padding.y <= kernel.y / 2 &&
              args.padding.x <= kernel.x / 2,
          call, "padding must be at most half of the window ", kernel.y, " x ", kernel.x, ", got ",
          args.padding.y, " and ", args.padding.x);
  std::int64_t plane = 0;
  require<ShapeError>(x.shape()[2] > 0 && x.shape()[3] > 0, call,
                      "the image is empty: ", x.shape());
  require<ShapeError>(checked_mul(x.shape()[2], x.shape()[3], plane), call,
                      "an image has more elements than 63 bits can count: ", x.shape());
  return {kernel.y, kernel.x, {{sy, sx}, {args.padding.y, args.padding.x}, {1, 1}, 1}};
}

Shape pooled_shape(const Call& call, const Shape& x, const Pooling& p) {
  return {x[0], x[1], check_windows(call, x[2], p.kh, p.window, 0),
          check_windows(call, x[3], p.kw, p.window, 1)};
}

}  // namespace

Tensor max_pool2d(In x, Pair kernel, const PoolOptions& args) {
  const Call call{"max_pool2d", x.location};
  if (x->dim() == 3) return squeeze(max_pool2d({unsqueeze(*x, 0), x.location}, kernel, args), 0);
  const Pooling p = check_pooling(call, x, kernel, args);
  return max_windows(*x, pooled_shape(call, x->shape(), p), p, x.location);
}

Tensor avg_pool2d(In x, Pair kernel, const PoolOptions& args) {
  const Call call{"avg_pool2d", x.location};
  if (x->dim() == 3) return squeeze(avg_pool2d({unsqueeze(*x, 0), x.location}, kernel, args), 0);
  const Pooling p = check_pooling(call, x, kernel, args);
  return mean_windows(*x, pooled_shape(call, x->shape(), p), p, x.location);
}

}  // namespace tinygrad
