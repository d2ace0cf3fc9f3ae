// SPDX-License-Identifier: MIT
// Convolution over one or more spatial dimensions, its transpose, and its derivatives. The three
// ops are derivatives of each other, so that kernels run for derivatives of every order. For images
// x is [N, C, H, W], w [O, C / groups, kh, kw], b [O] or not given, y [N, O, h, w].
#include <algorithm>

#include "core/autocast.h"
#include "core/ops/sliding_window.h"

namespace tinygrad {
namespace {

/// The names of an op for one, two and three spatial dimensions.
using Names = const char* const[3];
constexpr Names conv_names = {"conv1d", "conv2d", "conv3d"},
                input_grad_names = {"conv1d_input_grad", "conv2d_input_grad", "conv3d_input_grad"},
                weight_grad_names = {"conv1d_weight_grad", "conv2d_weight_grad",
                                     "conv3d_weight_grad"};

/// The spatial sizes of x, w or y.
Dims spatial(const Shape& s) { return {s.begin() + 2, s.rank() - 2}; }

/// im2col: the windows of padded x as a matrix for each image and group,
/// [N, groups, C / groups · kh · kw, h · w].
Tensor columns(const Tensor& x, const Dims& kernel, const SlidingWindow& window) {
  const Tensor v = windows(pad_spatial(x, window, 0), kernel, window.strides(), window.dilations());
  const Shape& s = v.shape();
  const std::int64_t places = Shape(s.begin() + 2, window.dims).count();
  return reshape(swap_places(v, window.dims),
                 {s[0], window.groups, s[1] / window.groups * kernel.count(), places});
}
/// Reshapes [N, O, h, w] -> [N, groups, O / groups, h · w].
Tensor images_by_group(const Tensor& y, int groups) {
  const Shape& s = y.shape();
  return reshape(y, {s[0], groups, s[1] / groups, spatial(s).count()});
}
/// Reshapes [O, C / groups, kh, kw] -> [groups, O / groups, C / groups · kh · kw].
Tensor weights_by_group(const Tensor& w, int groups) {
  const Shape& s = w.shape();
  return reshape(w, {groups, s[0] / groups, s[1] * spatial(s).count()});
}

Tensor input_grad(In dy, In w, const Shape& x, SlidingWindow window);
Tensor weight_grad(In dy, In x, const Shape& w, SlidingWindow window);

/// y[n, o] = b[o] + Σ_c x[n, c] ⋆ w[o, c].   dx = input_grad(dy, w), dw = weight_grad(dy, x), db =
/// Σ_{n, i, j} dy.
Tensor convolve(In x, In w, In b, const Shape& y, SlidingWindow window, SourceLocation location) {
  return apply(
      {.name = conv_names[window.dims - 1],
       .inputs = {{*x, *w, *b}, location},
       .outputs = {{y, x->dtype()}},
       .kernel =
           [&](Backend& backend, Views in, Views out) {
             return has_kernels(window) && backend.conv2d(as_image(in[0]), as_image(in[1]), in[2],
                                                          image_window(window), as_image(out[0]));
           },
       .formula =
           [&](const Tensors& in) {
             const Tensor sums = reshape(matmul(weights_by_group(in[1], window.groups),
                                                columns(in[0], spatial(in[1].shape()), window)),
                                         y);
             return in[2].defined() ? sums + along(in[2], 0, 1 + window.dims) : sums;
           },
       .keep = {Keep::input(1).when(0), Keep::input(0).when(1)},
       .derivatives = {[window](Dy dy, Saved s) {
                         return input_grad(dy, s.input(1), s.shape(0), window);
                       },
                       [window](Dy dy, Saved s) {
                         return weight_grad(dy, s.input(0), s.shape(1), window);
                       },
                       [](Dy dy, Saved) {
                         return sum(flatten(dy, 2), {0, 2});
                       }}});
}

/// dx of conv2d, linear in dy and w:  add_windows(wᵀ dy).   Its derivatives are convolve(g, w) and
/// weight_grad(dy, g).
Tensor input_grad(In dy, In w, const Shape& x, SlidingWindow window) {
  return apply({.name = input_grad_names[window.dims - 1],
                .inputs = {dy, w},
                .outputs = {{x, dy->dtype()}},
                .kernel =
                    [&](Backend& backend, Views in, Views out) {
                      return has_kernels(window) &&
                             backend.conv2d_input_grad(as_image(in[0]), as_image(in[1]),
                                                       image_window(window), as_image(out[0]));
                    },
                .formula =
                    [&](const Tensors& in) {
                      const Tensor c = matmul(transposed(weights_by_group(in[1], window.groups)),
                                              images_by_group(in[0], window.groups));
                      Shape shape = {x[0], x[1]};
                      for (const Tensor* t : {&in[1], &in[0]})
                        for (std::int64_t size : spatial(t->shape())) shape.push_back(size);
                      return crop_spatial(add_windows(swap_places(reshape(c, shape), window.dims),
                                                      padded_shape(x, window), window.strides(),
                                                      window.dilations()),
                                          window);
                    },
                .keep = {Keep::input(1).when(0), Keep::input(0).when(1)},
                .derivatives = {[window, y = dy->shape()](Dy g, Saved s) {
                                  return convolve(g, s.input(1), {}, y, window, {});
                                },
                                [window](Dy g, Saved s) {
                                  return weight_grad(s.input(0), g, s.shape(1), window);
                                }}});
}

/// dw of conv2d, linear in dy and x:  Σ_n dy columns(x)ᵀ.   Its derivatives are
/// convolve(x, g) and input_grad(dy, g).
Tensor weight_grad(In dy, In x, const Shape& w, SlidingWindow window) {
  return apply({.name = weight_grad_names[window.dims - 1],
                .inputs = {dy, x},
                .outputs = {{w, dy->dtype()}},
                .kernel =
                    [&](Backend& backend, Views in, Views out) {
                      return has_kernels(window) &&
                             backend.conv2d_weight_grad(as_image(in[0]), as_image(in[1]),
                                                        image_window(window), as_image(out[0]));
                    },
                .formula =
                    [&](const Tensors& in) {
                      const Tensor one_by_one =
                          matmul(images_by_group(in[0], window.groups),
                                 transposed(columns(in[1], spatial(w), window)));
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

/// Checks that the shapes of x, w and b match each other and the number of groups. The channels of
/// x and y are w's dimensions 1 and 0, or 0 and 1 if the convolution is transposed.
void check_shapes(const Call& call, const Tensor& x, const Tensor& w, const Tensor& b,
                  const SlidingWindow& window, bool is_transposed) {
  const int groups = window.groups, rank = 2 + window.dims;
  constexpr const char* kernels[] = {"k", "kh, kw", "kd, kh, kw"};
  require<ShapeError>(x.dim() == rank, call, "expected x of shape ", spatial_shapes(window.dims),
                      ", got ", x.shape());
  require<ShapeError>(w.dim() == rank, call, "expected a weight of shape [",
                      is_transposed ? "in_channels, out_channels / groups, "
                                    : "out_channels, in_channels / groups, ",
                      kernels[window.dims - 1], "], got ", w.shape());
  require(groups >= 1, call, "groups must be positive, got ", groups);
  require<ShapeError>(x.shape()[1] % groups == 0, call, groups,
                      " groups do not divide x's channels: ", Marked{x.shape(), 1});
  require<ShapeError>(w.shape()[0] % groups == 0, call, groups,
                      " groups do not divide the weight's ", is_transposed ? "input" : "output",
                      " channels: ", Marked{w.shape(), 0});
  const int in = is_transposed ? 0 : 1;
  const std::int64_t channels = x.shape()[1] / groups,
                     expected = is_transposed ? w.shape()[0] / groups : w.shape()[1];
  require<ShapeError>(channels == expected, call, "x has ", channels,
                      groups > 1 ? " channels in each group" : " channels",
                      ", but the weight expects ", expected, ": ", Marked{x.shape(), 1}, " ⋆ ",
                      Marked{w.shape(), in});
  std::int64_t out = w.shape()[0];
  require<ShapeError>(!is_transposed || checked_mul(w.shape()[1], groups, out), call,
                      "the weight has more output channels than 63 bits can count: ", w.shape());
  if (b.defined())
    require<ShapeError>(b.dim() == 1 && b.shape()[0] == out, call, "expected a bias of shape [",
                        out, "] for the weight ", w.shape(), ", got ", b.shape());
}

/// x, w and b in the dtype of their product.
Tensors promoted(const Call& call, const Tensor& x, const Tensor& w, const Tensor& b) {
  check_floating(call, x);
  check_parameter(call, x, w, "the weight"), check_parameter(call, x, b, "the bias");
  const DType dtype = product_precision(promote(x.dtype(), w.dtype()));
  return {cast({x, call.location}, dtype), cast({w, call.location}, dtype),
          cast_given({b, call.location}, dtype)};
}

/// Checks that the size of the formula's matrix, C / groups · kh · kw · h · w for each image, does
/// not overflow, even if there is no image.
void check_columns(const Call& call, const Shape& w, const Shape& y) {
  std::int64_t count = w[1];
  for (const Shape* s : {&w, &y})
    for (std::int64_t size : spatial(*s))
      require<ShapeError>(
          checked_mul(std::max<std::int64_t>(count, 1), std::max<std::int64_t>(size, 1), count),
          call, "a weight ", w, " and a result ", y, " need more products than 63 bits can count");
}

/// Sets the padding for which the result has the size of x at stride 1. If the total padding is
/// odd, the extra element is added to x, at the end.
Tensor pad_to_same(const Call& call, const Tensor& x, const Shape& w, SlidingWindow& window) {
  Dims extra;
  for (int axis = 0; axis < window.dims; ++axis) {
    std::int64_t total = 0;
    require(window.stride[axis] == 1, call, "padding `same` requires stride 1, got ",
            window.strides());
    require<ShapeError>(
        w[2 + axis] > 0 && checked_mul(w[2 + axis] - 1, window.dilation[axis], total) &&
            total <= INT32_MAX,
        call, "padding `same` cannot be computed for a weight of this size: ", Marked{w, 2 + axis});
    window.padding[axis] = window.end_padding[axis] = int(total / 2);
    extra.insert(0, total % 2), extra.insert(0, 0);
  }
  return extra.contains(1) ? pad({x, call.location}, extra) : x;
}

SlidingWindow check_window(const Call& call, const auto& args) {
  require(!args.stride.is_same && !args.dilation.is_same, call, "only the padding can be `same`");
  return check_sliding_window(call, args.stride.dims(), args.padding.dims(), args.dilation.dims(),
                              args.groups);
}

// ------------------------------------------------------------ any number of dimensions

Tensor conv(const Call& call, const Tensor& x, const Tensor& w, const Tensor& b, const auto& args) {
  SlidingWindow window = check_window(call, args);
  if (x.dim() == 1 + window.dims)
    return squeeze(conv(call, unsqueeze({x, call.location}, 0), w, b, args), 0);
  check_shapes(call, x, w, b, window, false);
  const Tensors in = promoted(call, x, w, b);
  const Tensor image = args.padding.is_same ? pad_to_same(call, in[0], w.shape(), window) : in[0];
  Shape y{x.shape()[0], w.shape()[0]};
  for (int axis = 0; axis < window.dims; ++axis)
    y.push_back(check_windows(call, image.shape()[2 + axis], w.shape()[2 + axis], window, axis));
  check_columns(call, w.shape(), y);
  return convolve(image, in[1], in[2], y, window, call.location);
}

/// The gradient of the input of the convolution that maps y to x. end_padding is chosen so that it
/// fits exactly: y, padded, is as long as the windows reach.
Tensor conv_transpose(const Call& call, const Tensor& x, const Tensor& w, const Tensor& b,
                      const auto& args) {
  require(!args.padding.is_same && !args.output_padding.is_same, call,
          "`same` is allowed only as the padding of convolutions");
  SlidingWindow window = check_window(call, args);
  if (x.dim() == 1 + window.dims)
    return squeeze(conv_transpose(call, unsqueeze({x, call.location}, 0), w, b, args), 0);
  check_shapes(call, x, w, b, window, true);
  const Dims more = args.output_padding.dims();
  Shape y{x.shape()[0], w.shape()[1] * window.groups};
  for (int axis = 0; axis < window.dims; ++axis) {
    const std::int64_t size = x.shape()[2 + axis], kernel = w.shape()[2 + axis];
    require(more[axis] >= 0 && more[axis] < std::max(window.stride[axis], window.dilation[axis]),
            call, "output_padding must be smaller than the stride or the dilation, got ", more);
    window.end_padding[axis] -= int(more[axis]);
    std::int64_t steps = 0, gaps = 0, reach = 0;
    require<ShapeError>(size > 0 && kernel > 0 &&
                            checked_mul(size - 1, window.stride[axis], steps) &&
                            checked_mul(kernel - 1, window.dilation[axis], gaps) &&
                            checked_add(steps, gaps, reach) && reach < INT64_MAX,
                        call, "x ", Marked{x.shape(), 2 + axis}, " and the weight ",
                        Marked{w.shape(), 2 + axis}, " have no result");
    const std::int64_t padding = std::int64_t(window.padding[axis]) + window.end_padding[axis];
    require<ShapeError>(reach + 1 - padding > 0, call, "padding ", window.padding[axis],
                        " leaves nothing of a result of size ", reach + 1);
    y.push_back(reach + 1 - padding);
  }
  check_columns(call, w.shape(), x.shape());
  const Tensors in = promoted(call, x, w, b);
  const Tensor sums = input_grad({in[0], call.location}, in[1], y, window);
  return in[2].defined() ? sums + along(in[2], 0, 1 + window.dims) : sums;
}

}  // namespace

#define CONVOLUTIONS(dims)                                                                  \
  Tensor conv##dims(In x, In w, In b, const Conv##dims##Options& args) {                    \
    return conv({"conv" #dims, x.location}, *x, *w, *b, args);                              \
  }                                                                                         \
  Tensor conv_transpose##dims(In x, In w, In b, const ConvTranspose##dims##Options& args) { \
    return conv_transpose({"conv_transpose" #dims, x.location}, *x, *w, *b, args);          \
  }
CONVOLUTIONS(1d)
CONVOLUTIONS(2d)
CONVOLUTIONS(3d)

}  // namespace tinygrad
