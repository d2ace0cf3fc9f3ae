// SPDX-License-Identifier: MIT
// Resize and Upsample: interpolation along one dimension after another. Each element of the result
// is a weighted sum of neighbours of its position in x.
#include <algorithm>
#include <cmath>

#include "operator.h"

namespace tinygrad::onnx {
namespace {

/// One dimension that is resized.
struct Axis {
  int dim;
  std::int64_t in, out;
  double scale, roi_start, roi_end;
};

struct Mode {
  std::string coordinates, nearest;
  bool is_nearest, is_cubic, is_antialiased, excludes_outside;
  double a, extrapolation;  ///< a: the coefficient of Keys' cubic

  explicit Mode(const NodeCall& n) {
    const std::string mode = n.text("mode", "nearest");
    const bool is_old = n.opset() < 11;  // and so is Upsample
    coordinates = n.text("coordinate_transformation_mode", is_old ? "asymmetric" : "half_pixel");
    nearest = n.text("nearest_mode", is_old ? "floor" : "round_prefer_floor");
    is_nearest = mode == "nearest", is_cubic = mode == "cubic";
    n.check(is_nearest || is_cubic || mode == "linear" || mode == "bilinear", "the mode ",
            in_quotes(mode), " is not known");
    is_antialiased = n.integer("antialias", 0) != 0;
    excludes_outside = n.integer("exclude_outside", 0) != 0;
    a = n.real("cubic_coeff_a", -0.75), extrapolation = n.real("extrapolation_value", 0);
  }
};

/// The position in x of element i of the result.
double position(const NodeCall& n, const Mode& mode, const Axis& axis, std::int64_t i) {
  const auto in = double(axis.in), out = axis.scale * in, at = double(i);
  if (mode.coordinates == "half_pixel") return (at + 0.5) / axis.scale - 0.5;
  if (mode.coordinates == "asymmetric") return at / axis.scale;
  if (mode.coordinates == "align_corners") return out == 1 ? 0 : at * (in - 1) / (out - 1);
  if (mode.coordinates == "pytorch_half_pixel")
    return out == 1 ? -0.5 : (at + 0.5) / axis.scale - 0.5;
  if (mode.coordinates == "tf_half_pixel_for_nn") return (at + 0.5) / axis.scale;
  if (mode.coordinates == "half_pixel_symmetric")
    return in / 2 * (1 - double(axis.out) / out) + (at + 0.5) / axis.scale - 0.5;
  n.check(mode.coordinates == "tf_crop_and_resize", "the coordinate_transformation_mode ",
          in_quotes(mode.coordinates), " is not known");
  const double part = axis.roi_end - axis.roi_start, start = axis.roi_start * (in - 1);
  return start + (out == 1 ? part * (in - 1) / 2 : at * part * (in - 1) / (out - 1));
}

double nearest(const NodeCall& n, const std::string& mode, double x) {
  if (mode == "round_prefer_floor") return std::ceil(x - 0.5);
  if (mode == "round_prefer_ceil") return std::floor(x + 0.5);
  n.check(mode == "floor" || mode == "ceil", "the nearest_mode ", in_quotes(mode), " is not known");
  return mode == "floor" ? std::floor(x) : std::ceil(x);
}

/// The weight of an element at distance d: a triangle, or Keys' cubic.
double kernel(const Mode& mode, double d) {
  d = std::abs(d);
  if (!mode.is_cubic) return std::max(0., 1 - d);
  if (d < 1) return ((mode.a + 2) * d - (mode.a + 3)) * d * d + 1;
  return d < 2 ? ((d - 5) * d + 8) * d * mode.a - 4 * mode.a : 0;
}

/// Tap k of element i: an element of x and its weight, at i + k out.
struct Taps {
  Ints indices;
  std::vector<double> weights;
  std::size_t count;  ///< for each element
};

/// Neighbours on both sides of each position; antialias spreads them if the result is smaller.
Taps find_taps(const Mode& mode, const Axis& axis, const std::vector<double>& positions) {
  const double scale = mode.is_antialiased ? std::min(axis.scale, 1.) : 1;
  const auto first = std::int64_t(std::floor((mode.is_cubic ? -2 : -1) / scale)) + 1;
  const std::size_t out = positions.size();
  Taps taps{{}, {}, std::size_t(2 - 2 * first)};
  taps.indices.resize(out * taps.count), taps.weights.resize(out * taps.count);
  for (std::size_t i = 0; i < out; ++i) {
    const double base = std::ceil(positions[i]) - 1;
    double sum = 0;
    for (std::size_t k = 0; k < taps.count; ++k) {
      const std::int64_t offset = first + std::int64_t(k), at = std::int64_t(base) + offset;
      const bool is_outside = at < 0 || at >= axis.in;
      double& weight = taps.weights[i + k * out];
      weight = is_outside && mode.excludes_outside
                   ? 0
                   : kernel(mode, scale * (double(offset) - (positions[i] - base)));
      taps.indices[i + k * out] = std::clamp<std::int64_t>(at, 0, axis.in - 1);
      sum += weight;
    }
    for (std::size_t k = 0; k < taps.count; ++k) taps.weights[i + k * out] /= sum;
  }
  return taps;
}

/// y[..., i, ...] = Σ_k weights[i, k] x[..., indices[i, k], ...].
Tensor apply(const Tensor& x, int dim, const Taps& taps) {
  Shape shape = Shape::filled(x.dim(), 1);
  const std::int64_t out = std::int64_t(taps.indices.size() / taps.count);
  shape[dim] = out;
  const Tensor index = from_vector(taps.indices, x.device());
  const Tensor weights = tensor(taps.weights, {.dtype = x.dtype(), .device = x.device()});
  Tensor y;
  for (std::size_t k = 0; k < taps.count; ++k) {
    const auto start = std::int64_t(k) * out;
    const Tensor part = x.index_select(dim, index.narrow(0, start, out)) *
                        weights.narrow(0, start, out).reshape(shape);
    y = k == 0 ? part : y + part;
  }
  return y;
}

Tensor resize_axis(const NodeCall& n, const Mode& mode, const Tensor& x, const Axis& axis) {
  std::vector<double> positions;
  for (std::int64_t i = 0; i < axis.out; ++i) positions.push_back(position(n, mode, axis, i));
  Tensor y;
  if (mode.is_nearest) {
    Ints indices;
    for (const double at : positions)
      indices.push_back(
          std::clamp<std::int64_t>(std::int64_t(nearest(n, mode.nearest, at)), 0, axis.in - 1));
    y = x.index_select(axis.dim, from_vector(indices, x.device()));
  } else y = apply(x, axis.dim, find_taps(mode, axis, positions));
  if (mode.coordinates != "tf_crop_and_resize") return y;
  std::vector<std::uint8_t> outside;
  outside.reserve(positions.size());
  for (const double at : positions) outside.push_back(at < 0 || at > double(axis.in - 1));
  Shape shape = Shape::filled(x.dim(), 1);
  shape[axis.dim] = axis.out;
  return where(from_vector(outside, x.device()).to(boolean).reshape(shape), mode.extrapolation, y);
}

/// With a keep_aspect_ratio_policy, all dimensions get the smallest or the largest scale.
void keep_aspect_ratio(const NodeCall& n, std::vector<Axis>& axes) {
  const std::string policy = n.text("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch" || axes.empty()) return;
  double scale = axes[0].scale;
  for (const Axis& axis : axes)
    scale = policy == "not_larger" ? std::min(scale, axis.scale) : std::max(scale, axis.scale);
  for (Axis& axis : axes)
    axis.scale = scale, axis.out = std::int64_t(std::floor(scale * double(axis.in) + 0.5));
}

std::vector<Axis> find_axes(const NodeCall& n, const Tensor& x, const std::vector<double>& scales,
                            const Ints& sizes, const std::vector<double>& roi) {
  Ints dims = n.ints("axes");
  for (int i = 0; i < x.dim() && !n.has("axes"); ++i) dims.push_back(i);
  n.check(scales.size() == dims.size() || (scales.empty() && sizes.size() == dims.size()),
          "there are ", scales.size(), " scales and ", sizes.size(), " sizes for ", dims.size(),
          " dimensions");
  std::vector<Axis> axes;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const int dim = axis_of(n, dims[i], x.dim());
    const std::int64_t in = x.shape()[dim];
    Axis axis{dim, in, 0, 0, 0, 1};
    axis.scale = scales.empty() ? double(sizes[i]) / double(in) : scales[i];
    n.check(in > 0 && axis.scale > 0 && axis.scale * double(in) < 0x1p24, "dimension ", dim,
            " of shape ", x.shape(), " cannot be scaled by ", axis.scale);
    axis.out = scales.empty() ? sizes[i] : std::int64_t(std::floor(axis.scale * double(in)));
    if (roi.size() == 2 * dims.size()) axis.roi_start = roi[i], axis.roi_end = roi[dims.size() + i];
    axes.push_back(axis);
  }
  if (scales.empty()) keep_aspect_ratio(n, axes);
  return axes;
}

Tensor resize_all(const NodeCall& n, const std::vector<double>& scales, const Ints& sizes,
                  const std::vector<double>& roi) {
  const Mode mode(n);
  Tensor x = mode.is_nearest ? n.raw(0).to(n.device()) : n[0];
  if (!mode.is_nearest && !is_floating(x.dtype())) x = x.to(float32);
  const bool crops = mode.coordinates == "tf_crop_and_resize";
  for (const Axis& axis : find_axes(n, x, scales, sizes, roi))
    if (axis.out != axis.in || axis.scale != 1 || crops) x = resize_axis(n, mode, x, axis);
  return x;
}
/// Inputs: x and scales in opset 10; x, roi, scales and sizes since.
Tensors resize(const NodeCall& n) {
  if (n.opset() < 11) return resize_all(n, n.reals(1), {}, {});
  const auto reals = [&](int i) { return n.has(i) ? n.reals(i) : std::vector<double>(); };
  return resize_all(n, reals(2), n.has(3) ? n.ints(3) : Ints(), reals(1));
}
Tensors upsample(const NodeCall& n) {
  return resize_all(n, n.has(1) ? n.reals(1) : n.reals("scales"), {}, {});
}

constexpr Operator table[] = {
    {"Resize", resize, Result::as_first, host(1, 2, 3)},
    {"Upsample", upsample, Result::as_first, host(1)},
};

}  // namespace
Operators resize_operators() { return table; }
}  // namespace tinygrad::onnx
