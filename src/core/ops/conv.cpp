// SPDX-License-Identifier: MIT
// Convolution of images, and its derivatives. The three ops are derivatives of each other, so that
// kernels run for derivatives of every order. x [N, C, H, W], w [O, C / groups, kh, kw], b [O] or
// not given, y [N, O, h, w].
#include <algorithm>

#include "core/autocast.h"
#include "core/ops/internal.h"

namespace tinygrad {
namespace {

/// im2col: the windows of padded x as a matrix for each image and group,
/// [N, groups, C / groups · kh · kw, h · w].
Tensor columns(const Tensor& x, std::int64_t kh, std::int64_t kw, const Window& window) {
  const Tensor v =
      windows(pad_image(x, window, 0), kh, kw, strides_of(window), dilations_of(window));
  const Shape& s = v.shape();
  return reshape(permute(v, {0, 1, 4, 5, 2, 3}),
                 {s[0], window.groups, s[1] / window.groups * kh * kw, s[2] * s[3]});
}
/// Reshapes [N, O, h, w] -> [N, groups, O / groups, h · w].
Tensor images_by_group(const Tensor& y, int groups) {
  const Shape& s = y.shape();
  return reshape(y, {s[0], groups, s[1] / groups, s[2] * s[3]});
}
/// Reshapes [O, C / groups, kh, kw] -> [groups, O / groups, C / groups · kh · kw].
Tensor weights_by_group(const Tensor& w, int groups) {
  const Shape& s = w.shape();
  return reshape(w, {groups, s[0] / groups, s[1] * s[2] * s[3]});
}
Tensor transposed(const Tensor& x) { return transpose(x, -2, -1); }

Tensor input_grad(In dy, In w, const Shape& x, Window window);
Tensor weight_grad(In dy, In x, const Shape& w, Window window);

/// y[n, o] = b[o] + Σ_c x[n, c] ⋆ w[o, c].   dx = input_grad(dy, w), dw = weight_grad(dy, x), db =
/// Σ_{n, i, j} dy.
Tensor convolve(In x, In w, In b, const Shape& y, Window window, SourceLocation location) {
  return apply(
      {.name = "conv2d",
       .inputs = {{*x, *w, *b}, location},
       .outputs = {{y, x->dtype()}},
       .kernel = [&](Backend& backend, Views in,
                     Views out) { return backend.conv2d(in[0], in[1], in[2], window, out[0]); },
       .formula =
           [&](const Tensors& in) {
             const Shape& ws = in[1].shape();
             const Tensor sums = reshape(matmul(weights_by_group(in[1], window.groups),
                                                columns(in[0], ws[2], ws[3], window)),
                                         y);
             return in[2].defined() ? sums + reshape(in[2], {ws[0], 1, 1}) : sums;
           },
       .keep = {Keep::input(1).when(0), Keep::input(0).when(1)},
       .derivatives = {[window](Dy dy, Saved s) {
                         return input_grad(dy, s.input(1), s.shape(0), window);
                       },
                       [window](Dy dy, Saved s) {
                         return weight_grad(dy, s.input(0), s.shape(1), window);
                       },
                       [](Dy dy, Saved) {
                         return sum(dy, {0, 2, 3});
                       }}});
}

/// dx of conv2d, linear in dy and w:  fold(wᵀ dy).   Its derivatives are conv2d(g, w) and
/// weight_grad(dy, g).
Tensor input_grad(In dy, In w, const Shape& x, Window window) {
  return apply(
      {.name = "conv2d_input_grad",
       .inputs = {dy, w},
       .outputs = {{x, dy->dtype()}},
       .kernel = [&](Backend& backend, Views in,
                     Views out) { return backend.conv2d_input_grad(in[0], in[1], window, out[0]); },
       .formula =
           [&](const Tensors& in) {
             const Shape &ys = in[0].shape(), &ws = in[1].shape();
             const Tensor c = matmul(transposed(weights_by_group(in[1], window.groups)),
                                     images_by_group(in[0], window.groups));
             const Tensor v =
                 permute(reshape(c, {x[0], x[1], ws[2], ws[3], ys[2], ys[3]}), {0, 1, 4, 5, 2, 3});
             return crop_image(
                 fold(v, padded_shape(x, window), strides_of(window), dilations_of(window)), window,
                 x);
           },
       .keep = {Keep::input(1).when(0), Keep::input(0).when(1)},
       .derivatives = {[window, y = dy->shape()](Dy g, Saved s) {
                         return convolve(g, s.input(1), {}, y, window, {});
                       },
                       [window](Dy g, Saved s) {
                         return weight_grad(s.input(0), g, s.shape(1), window);
                       }}});
}

/// dw of conv2d, linear in dy and x:  Σ_n dy columns(x)ᵀ.   Its derivatives are conv2d(x, g) and
/// input_grad(dy, g).
Tensor weight_grad(In dy, In x, const Shape& w, Window window) {
  return apply({.name = "conv2d_weight_grad",
                .inputs = {dy, x},
                .outputs = {{w, dy->dtype()}},
                .kernel =
                    [&](Backend& backend, Views in, Views out) {
                      return backend.conv2d_weight_grad(in[0], in[1], window, out[0]);
                    },
                .formula =
                    [&](const Tensors& in) {
                      const Tensor one_by_one =
                          matmul(images_by_group(in[0], window.groups),
                                 transposed(columns(in[1], w[2], w[3], window)));
                      return reshape(sum(one_by_one, 0), w);
                    },
                .keep = {Keep::input(1).when(0), Keep::input(0).when(1)},
                .derivatives = {[window, y = dy->shape()](Dy g, Saved s) {
                                  return convolve(s.input(1), g, {}, y, window, {});
                                },
                                [window](Dy g, Saved s) {
                                  return input_grad(s.input(0), g, s.shape(1), window);
                                }}});
}

// ------------------------------------------------------------ checks

/// Checks that the shapes of x, w and b match each other and the number of groups.
void check_shapes(const Call& call, const Tensor& x, const Tensor& w, const Tensor& b, int groups) {
  require<ShapeError>(x.dim() == 4, call, "expected x of shape [N, C, H, W] or [C, H, W], got ",
                      x.shape());
  require<ShapeError>(
      w.dim() == 4, call,
      "expected a weight of shape [out_channels, in_channels / groups, kh, kw], got ", w.shape());
  require(groups >= 1, call, "groups must be positive, got ", groups);
  require<ShapeError>(x.shape()[1] % groups == 0, call, groups,
                      " groups do not divide x's channels: ", Marked{x.shape(), 1});
  require<ShapeError>(w.shape()[0] % groups == 0, call, groups,
                      " groups do not divide the weight's output channels: ", Marked{w.shape(), 0});
  require<ShapeError>(x.shape()[1] / groups == w.shape()[1], call, "x has ", x.shape()[1] / groups,
                      groups > 1 ? " channels in each group" : " channels",
                      ", but the weight expects ", w.shape()[1], ": ", Marked{x.shape(), 1}, " ⋆ ",
                      Marked{w.shape(), 1});
  if (b.defined())
    require<ShapeError>(b.dim() == 1 && b.shape()[0] == w.shape()[0], call,
                        "expected a bias of shape [", w.shape()[0], "] for the weight ", w.shape(),
                        ", got ", b.shape());
}

Window check_window(const Call& call, const Conv2dOptions& args) {
  require(!args.stride.is_same && !args.dilation.is_same, call, "only the padding can be `same`");
  require(args.stride.y > 0 && args.stride.x > 0, call, "strides must be positive, got ",
          args.stride.y, " and ", args.stride.x);
  require(args.dilation.y > 0 && args.dilation.x > 0, call, "dilations must be positive, got ",
          args.dilation.y, " and ", args.dilation.x);
  require(args.padding.y >= 0 && args.padding.x >= 0, call, "padding must not be negative, got ",
          args.padding.y, " and ", args.padding.x, "; crop with pad() or slice()");
  require(!args.padding.is_same || (args.stride.y == 1 && args.stride.x == 1), call,
          "padding `same` requires stride 1, got ", args.stride.y, " and ", args.stride.x);
  return {{args.stride.y, args.stride.x},
          {args.padding.y, args.padding.x},
          {args.dilation.y, args.dilation.x},
          args.groups};
}

/// Checks that the size of the formula's matrix, C / groups · kh · kw · h · w for each image, does
/// not overflow, even if there is no image.
void check_columns(const Call& call, const Shape& w, const Shape& y) {
  std::int64_t count = 1;
  for (std::int64_t size : {w[1], w[2], w[3], y[2], y[3]})
    require<ShapeError>(checked_mul(count, std::max<std::int64_t>(size, 1), count), call,
                        "a weight ", w, " and a result ", y,
                        " need more products than 63 bits can count");
}

/// Sets the padding for which the result has the size of x at stride 1. If the total padding is
/// odd, the extra row or column is added to x, at the end.
Tensor pad_to_same(const Call& call, const Tensor& x, const Shape& w, Window& window) {
  std::int64_t extra[2] = {};
  for (int axis = 0; axis < 2; ++axis) {
    std::int64_t total = 0;
    require<ShapeError>(
        w[2 + axis] > 0 && checked_mul(w[2 + axis] - 1, window.dilation[axis], total) &&
            total <= INT32_MAX,
        call, "padding `same` cannot be computed for a weight of this size: ", Marked{w, 2 + axis});
    window.padding[axis] = int(total / 2), extra[axis] = total % 2;
  }
  return extra[0] || extra[1] ? pad({x, call.location}, {0, extra[1], 0, extra[0]}) : x;
}

}  // namespace

Tensor conv2d(In x, In w, In b, const Conv2dOptions& args) {
  const Call call{"conv2d", x.location};
  if (x->dim() == 3)
    return squeeze(conv2d({unsqueeze(*x, 0), x.location}, {*w, w.location}, {*b, b.location}, args),
                   0);
  check_shapes(call, x, w, b, args.groups);
  Window window = check_window(call, args);
  check_floating(call, x), check_parameter(call, x, w, "the weight");
  check_parameter(call, x, b, "the bias");
  const DType dtype = product_precision(promote(x->dtype(), w->dtype()));
  const Tensor image = args.padding.is_same ? pad_to_same(call, cast(*x, dtype), w->shape(), window)
                                            : cast(*x, dtype);
  Shape y{x->shape()[0], w->shape()[0], 0, 0};
  for (int axis = 0; axis < 2; ++axis)
    y[2 + axis] = check_windows(call, image.shape()[2 + axis], w->shape()[2 + axis], window, axis);
  check_columns(call, w->shape(), y);
  return convolve(image, cast(*w, dtype), b.defined() ? cast(*b, dtype) : Tensor(), y, window,
                  x.location);
}

}  // namespace tinygrad
