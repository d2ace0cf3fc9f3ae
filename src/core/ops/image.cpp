// SPDX-License-Identifier: MIT
// Interpolation, one dimension after the other, and exchanges of channels with pixels.
#include <algorithm>
#include <cmath>

#include "core/ops/resample.h"
#include "core/ops/sliding_window.h"

namespace tinygrad {
namespace {

/// Keys' cubic convolution: the weight of an element at distance d.
double cubic(double d, double a = -0.75) {
  d = std::abs(d);
  return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}

/// One dimension: n elements become `size`; `scale` is their distance in x.
struct Axis {
  int dim;
  std::int64_t n, size;
  double scale;
  bool is_aligned;

  double position(std::int64_t i) const {
    return is_aligned ? double(i) * scale : (double(i) + 0.5) * scale - 0.5;
  }
  /// The weights of the elements of x, by which those of the result are computed. Positions outside
  /// are those of the border.
  Taps linear() const {
    return taps([](Row& row, double at) {
      const double first = std::floor(std::max(at, 0.)), rest = std::max(at, 0.) - first;
      row.emplace_back(first, 1 - rest), row.emplace_back(first + 1, rest);
    });
  }
  Taps cubic() const {
    return taps([](Row& row, double at) {
      for (double j = std::floor(at) - 1; row.size() < 4; ++j)
        row.emplace_back(j, tinygrad::cubic(at - j));
    });
  }
  /// A triangle, or a cubic with a = -0.5, which is stretched by `scale` if that is larger than 1.
  /// Elements outside are left out, and the weights sum to 1.
  Taps antialiased(bool is_cubic) const {
    const double stretch = std::max(scale, 1.0), support = (is_cubic ? 2 : 1) * stretch;
    Taps all{n, {}};
    for (std::int64_t i = 0; i < size; ++i) {
      const double center = scale * (double(i) + 0.5);
      const auto first =
                     std::max<std::int64_t>(0, std::int64_t(std::floor(center - support + 0.5))),
                 end = std::min(n, std::int64_t(std::floor(center + support + 0.5)));
      Row& row = all.rows.emplace_back();
      double sum = 0;
      for (std::int64_t j = first; j < end; ++j) {
        const double d = std::abs(double(j) - center + 0.5) / stretch;
        row.emplace_back(j,
                         is_cubic ? (d < 2 ? tinygrad::cubic(d, -0.5) : 0) : std::max(0., 1 - d));
        sum += row.back().second;
      }
      for (auto& tap : row) tap.second /= sum;
    }
    return all;
  }

 private:
  using Row = std::vector<std::pair<std::int64_t, double>>;
  template <class Add> Taps taps(const Add& add) const {
    Taps all{n, {}};
    for (std::int64_t i = 0; i < size; ++i) {
      add(all.rows.emplace_back(), position(i));
      for (auto& tap : all.rows.back()) tap.first = std::clamp<std::int64_t>(tap.first, 0, n - 1);
    }
    return all;
  }
};

/// Copies of elements. If one size divides the other and positions follow from the sizes, elements
/// are repeated or left out; otherwise positions are those of PyTorch, in float32.
Tensor nearest(const Tensor& x, const Axis& axis, bool is_exact) {
  const bool by_size = axis.scale * double(axis.size) == double(axis.n);
  if (by_size && axis.size % axis.n == 0) {
    Shape shape = x.shape();
    shape.insert(axis.dim + 1, axis.size / axis.n);
    return flatten(expand(unsqueeze(x, axis.dim + 1), shape), axis.dim, axis.dim + 1);
  }
  if (by_size && axis.n % axis.size == 0) {
    const std::int64_t step = axis.n / axis.size;
    return slice(x, axis.dim, is_exact ? step / 2 : 0, INT64_MAX, step);
  }
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < axis.size; ++i) {
    const float at = (float(i) + (is_exact ? 0.5f : 0.f)) * float(axis.scale);
    index.push_back(std::min(std::int64_t(at), axis.n - 1));
  }
  return index_select(x, axis.dim, from_vector(index, x.device()));
}

/// A value for each of `dims` dimensions from a list of that many, or of one.
template <class List> auto value_at(const List& list, int count, int i) {
  return list[std::size_t(count == 1 ? 0 : i)];
}

std::vector<Axis> check_axes(const Call& call, const Tensor& x, const InterpolateOptions& args) {
  const int dims = x.dim() - 2, sizes = args.size.rank(), factors = int(args.scale_factor.size());
  require((sizes == 0) != (factors == 0), call, "expected either a size or a scale_factor");
  require(sizes + factors == 1 || sizes + factors == dims, call, "expected one size or scale, or ",
          dims, ", got ", sizes + factors);
  std::vector<Axis> axes;
  for (int i = 0; i < dims; ++i) {
    Axis axis{2 + i, x.shape()[2 + i], 0, 0, args.align_corners};
    require<ShapeError>(axis.n > 0, call, "the image is empty: ", x.shape());
    const double factor = factors ? value_at(args.scale_factor, factors, i) : 0;
    require(factors == 0 || (factor > 0 && factor * double(axis.n) < 0x1p62), call,
            "scales must be positive, got ", factor);
    axis.size =
        factors ? std::int64_t(std::floor(double(axis.n) * factor)) : args.size[sizes == 1 ? 0 : i];
    require(axis.size > 0, call, "the size of the result must be positive, got ", axis.size);
    axis.scale = args.align_corners
                     ? double(axis.n - 1) / std::max<double>(1, double(axis.size - 1))
                 : factors && !args.recompute_scale_factor ? 1 / factor
                                                           : double(axis.n) / double(axis.size);
    axes.push_back(axis);
  }
  return axes;
}

}  // namespace

Tensor interpolate(In x, const InterpolateOptions& args) {
  using enum InterpolationMode;
  const Call call{"interpolate", x.location};
  const int dims = x->dim() - 2;
  require<ShapeError>(dims >= 1 && dims <= 3, call,
                      "expected x of shape [N, C, L], [N, C, H, W] or [N, C, D, H, W], got ",
                      x->shape());
  const int expected = args.mode == linear                             ? 1
                       : args.mode == bilinear || args.mode == bicubic ? 2
                       : args.mode == trilinear                        ? 3
                                                                       : dims;
  require(dims == expected, call, "the mode expects ", expected, " spatial dimensions, got ",
          x->shape(), "; linear takes 1, bilinear and bicubic 2, trilinear 3");
  const bool is_nearest = args.mode == nearest || args.mode == nearest_exact;
  require(!args.align_corners || !(is_nearest || args.mode == area), call,
          "align_corners is for linear, bilinear, bicubic and trilinear");
  require(!args.antialias || args.mode == bilinear || args.mode == bicubic, call,
          "antialias is for bilinear and bicubic");
  const std::vector<Axis> axes = check_axes(call, *x, args);
  if (is_nearest) {
    Tensor y = *x;
    for (const Axis& axis : axes) y = tinygrad::nearest(y, axis, args.mode == nearest_exact);
    return y;
  }
  check_floating(call, *x);
  if (args.mode == area) {
    Dims sizes;
    for (const Axis& axis : axes) sizes.push_back(axis.size);
    return adaptive_avg_pool(call, *x, sizes);
  }
  Tensor y = is_half(x->dtype()) ? cast({*x, x.location}, DType::float32) : *x;
  for (const Axis& axis : axes)
    y = resample({y, x.location}, axis.dim,
                 args.antialias         ? axis.antialiased(args.mode == bicubic)
                 : args.mode == bicubic ? axis.cubic()
                                        : axis.linear());
  return cast(y, x->dtype());
}

/// The number of images [C, H, W] in a shape [..., C, H, W].
static std::int64_t images(const Shape& s) { return Shape(s.begin(), s.rank() - 3).count(); }

Tensor pixel_shuffle(In x, std::int64_t r) {
  const Call call{"pixel_shuffle", x.location};
  require<ShapeError>(x->dim() >= 3, call, "expected x of shape [..., C, H, W], got ", x->shape());
  require(r > 0 && r < 1 << 30, call, "the factor must be positive, got ", r);
  const Shape& s = x->shape();
  require<ShapeError>(s[-3] % (r * r) == 0, call, r, "² does not divide the channels of ",
                      Marked{s, x->dim() - 3});
  const std::int64_t c = s[-3] / (r * r), h = s[-2], w = s[-1];
  Shape y = s;
  y[-3] = c, y[-2] = h * r, y[-1] = w * r;
  return reshape(permute(reshape({*x, x.location}, {images(s), c, r, r, h, w}), {0, 1, 4, 2, 5, 3}),
                 y);
}

Tensor pixel_unshuffle(In x, std::int64_t r) {
  const Call call{"pixel_unshuffle", x.location};
  require<ShapeError>(x->dim() >= 3, call, "expected x of shape [..., C, H, W], got ", x->shape());
  require(r > 0 && r < 1 << 30, call, "the factor must be positive, got ", r);
  const Shape& s = x->shape();
  require<ShapeError>(s[-2] % r == 0 && s[-1] % r == 0, call, r, " does not divide the image of ",
                      s);
  const std::int64_t c = s[-3], h = s[-2] / r, w = s[-1] / r;
  Shape y = s;
  y[-3] = c * r * r, y[-2] = h, y[-1] = w;
  return reshape(permute(reshape({*x, x.location}, {images(s), c, h, r, w, r}), {0, 1, 3, 5, 2, 4}),
                 y);
}

Tensor channel_shuffle(In x, std::int64_t groups) {
  const Call call{"channel_shuffle", x.location};
  require<ShapeError>(x->dim() >= 3, call, "expected x of shape [N, C, ...], got ", x->shape());
  require<ShapeError>(groups > 0 && x->shape()[1] % groups == 0, call, groups,
                      " groups do not divide x's channels: ", Marked{x->shape(), 1});
  return flatten(transpose(unflatten({*x, x.location}, 1, {groups, x->shape()[1] / groups}), 1, 2),
                 1, 2);
}

}  // namespace tinygrad
