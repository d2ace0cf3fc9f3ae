// SPDX-License-Identifier: MIT
// Images at any positions. Along each axis a position has taps, elements with weights; those of a
// position are the products of those of its axes.
#include <vector>

#include "core/ops/internal.h"

namespace tinygrad {
namespace {

/// For each position [N, P] an element of an axis, or of the image, and its weight.
struct Tap {
  Tensor index, weight;
};

/// One axis of n elements.
struct GridAxis {
  std::int64_t n;
  GridSampleOptions options;

  Tensor position(const Tensor& g) const {
    const double size = double(n);
    return options.align_corners ? (g + 1) * (0.5 * (size - 1)) : ((g + 1) * size - 1) * 0.5;
  }
  /// Positions, reflected at the centers of the border elements, or at their outer edges.
  Tensor reflected(const Tensor& at) const {
    const double low = options.align_corners ? 0 : -0.5,
                 span = double(n) - (options.align_corners ? 1 : 0);
    if (span == 0) return at * 0;
    const Tensor t = fmod(abs(at - low), 2 * span);
    return where(t > span, 2 * span - t, t) + low;
  }
  Tensor padded(const Tensor& at) const {
    if (options.padding_mode == GridPadding::zeros) return at;
    return clamp(options.padding_mode == GridPadding::border ? at : reflected(at), 0, n - 1);
  }
  Tap tap(const Tensor& at, const Tensor& weight) const {
    return {clamp(at, 0, n - 1).to(DType::int64),
            where((at >= 0) & (at <= n - 1), weight, 0 * weight)};
  }
  std::vector<Tap> taps(const Tensor& g) const {
    if (options.mode == InterpolationMode::bicubic) return cubic(position(g));
    const Tensor at = padded(position(g)), first = floor(at), rest = at - first;
    if (options.mode == InterpolationMode::nearest) return {tap(round(at), ones_like(at))};
    return {tap(first, 1 - rest), tap(first + 1, rest)};
  }
  /// Keys' cubic convolution with a = -0.75.
  std::vector<Tap> cubic(const Tensor& at) const {
    constexpr double a = -0.75;
    const Tensor first = floor(at), t = at - first;
    const auto near = [](const Tensor& d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
    const auto far = [](const Tensor& d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
    return {tap(padded(first - 1), far(t + 1)), tap(padded(first), near(t)),
            tap(padded(first + 1), near(1 - t)), tap(padded(first + 2), far(2 - t))};
  }
};

/// in: x [N, C, ...] and grid [N, places, dims].
Tensor sampled(const Tensors& in, const GridSampleOptions& options) {
  const Tensor &x = in[0], &grid = in[1];
  const int dims = x.dim() - 2;
  std::vector<Tap> all;
  for (int i = 0; i < dims; ++i) {
    const GridAxis axis{x.shape()[2 + i], options};
    const std::vector<Tap> outer = std::move(all), taps = axis.taps(select(grid, 2, dims - 1 - i));
    all.clear();
    if (i == 0) all = taps;
    for (const Tap& a : outer)
      for (const Tap& b : taps) all.push_back({a.index * axis.n + b.index, a.weight * b.weight});
  }
  const Tensor elements = flatten(x, 2);
  const Shape shape = {x.shape()[0], x.shape()[1], grid.shape()[1]};
  Tensor y;
  for (const Tap& tap : all) {
    const Tensor term =
        gather(elements, 2, expand(unsqueeze(tap.index, 1), shape)) * unsqueeze(tap.weight, 1);
    y = y.defined() ? y + term : term;
  }
  return y;
}

}  // namespace

Tensor grid_sample(In x, In grid, const GridSampleOptions& options) {
  using enum InterpolationMode;
  const Call call{"grid_sample", x.location};
  check_floating(call, x.given()), check_floating(call, grid.given());
  const int dims = x->dim() - 2;
  require<ShapeError>((dims == 2 || dims == 3) && grid->dim() == 2 + dims &&
                          grid->shape()[-1] == dims && grid->shape()[0] == x->shape()[0],
                      call,
                      "expected x [N, C, H, W] and grid [N, h, w, 2], or x [N, C, D, H, W] "
                      "and grid [N, d, h, w, 3], got ",
                      x->shape(), " and ", grid->shape());
  require<DTypeError>(x->dtype() == grid->dtype(), call, "x is ", to_string(x->dtype()),
                      " and grid ", to_string(grid->dtype()), "; convert with to()");
  require(options.mode == nearest || options.mode == bilinear || options.mode == bicubic, call,
          "takes the modes nearest, bilinear and bicubic");
  for (int i = 2; i < x->dim(); ++i)
    require<ShapeError>(x->shape()[i] > 0, call, "the image is empty: ", Marked{x->shape(), i});
  Shape places = grid->shape();
  places.erase(places.rank() - 1), places.insert(1, x->shape()[1]);
  const Tensor positions = flatten(*grid, 1, dims);
  const Tensor y =
      apply({.name = call.op,
             .inputs = {{*x, positions}, x.location},
             .outputs = {{{x->shape()[0], x->shape()[1], positions.shape()[1]}, x->dtype()}},
             .formula = [options](const Tensors& in) { return sampled(in, options); }});
  return reshape(y, places);
}

Tensor affine_grid(In theta, const Dims& size, bool align_corners) {
  const Call call{"affine_grid", theta.location};
  check_floating(call, theta.given());
  const int dims = size.rank() - 2;
  require<ShapeError>((dims == 2 || dims == 3) && theta->shape() == Shape{size[0], dims, dims + 1},
                      call,
                      "expected theta [N, 2, 3] for a size [N, C, h, w], or [N, 3, 4] for "
                      "[N, C, d, h, w], got ",
                      theta->shape(), " for ", size);
  const Shape places(size.begin() + 2, dims);
  const TensorOptions reals{.dtype = theta->dtype(), .device = theta->device()};
  Tensors columns;  // x, y, ..., 1
  for (int i = dims; i-- > 0;) {
    const std::int64_t n = places[i];
    require<ShapeError>(n > 0, call, "the sizes must be positive, got ", size);
    const double end = n == 1 ? 0 : align_corners ? 1 : double(n - 1) / double(n);
    columns.push_back(expand(along(linspace(-end, end, n, reals), i, dims), places));
  }
  columns.push_back(ones(places, reals));
  const Tensor base = reshape(stack(columns, -1), {places.count(), dims + 1});
  Shape shape = places;
  shape.insert(0, size[0]), shape.push_back(dims);
  return reshape(matmul({base, theta.location}, transpose(*theta, 1, 2)), shape);
}

}  // namespace tinygrad
