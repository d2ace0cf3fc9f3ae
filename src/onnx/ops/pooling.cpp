// SPDX-License-Identifier: MIT
// Pooling over windows and over whole images.
#include <algorithm>
#include <cmath>

#include "ops/window.h"

namespace tinygrad::onnx {
namespace {

/// The elements at the end that the last windows need beyond the padding; negative: that no window
/// reaches.
Ints reach(const Window& w, const Tensor& x, bool ceil_mode) {
  Ints end;
  for (int i = 0; i < w.rank(); ++i) {
    const auto d = std::size_t(i);
    const std::int64_t size = x.shape()[i + 2], count = w.windows(i, size, ceil_mode);
    end.push_back((count - 1) * w.stride[d] + w.extent(i) - size - w.begin[d]);
  }
  return end;
}
/// All windows of x, padded with `value`: [N, C, places..., elements of a window].
Tensor all_windows(const Tensor& x, const Window& w, const Ints& end, Scalar value) {
  const Tensor padded = pad_spatial(x, w.begin, end, value);
  return windows(padded, Dims(w.kernel), Dims(w.stride), Dims(w.dilation))
      .flatten(2 + w.rank(), -1);
}
/// x in a dtype in which pooling can compute.
Tensor as_floating(const NodeCall& n) {
  const Tensor x = n[0];
  return is_floating(x.dtype()) ? x : x.to(float64);
}

/// The positions of the maxima in the flattened tensor. storage_order 1: in images that are stored
/// column by column.
Tensor maximum_positions(const NodeCall& n, const Tensor& x, const Window& w,
                         const Tensor& element) {
  const bool by_columns = n.integer("storage_order", 0) != 0;
  Tensor position = zeros_like(element), rest = element;
  std::int64_t inner = 1, count = 1;
  Ints weights(w.kernel.size());
  for (int i = 0; i < w.rank(); ++i) count *= x.shape()[i + 2];
  for (int k = 0; k < w.rank(); ++k) {
    const int i = by_columns ? k : w.rank() - 1 - k;
    weights[std::size_t(i)] = inner, inner *= x.shape()[i + 2];
  }
  for (int i = w.rank() - 1; i >= 0; --i) {
    const auto d = std::size_t(i);
    Shape shape = Shape::filled(element.dim(), 1);
    shape[i + 2] = element.shape()[i + 2];
    const Tensor first = (arange(shape[i + 2]) * w.stride[d] - w.begin[d]).to(x.device());
    const Tensor at = first.reshape(shape) + rest % w.kernel[d] * w.dilation[d];
    position = position + at * weights[d];
    rest = floor_divide(rest, w.kernel[d]);
  }
  Shape images = Shape::filled(element.dim(), 1);
  images[0] = x.size(0), images[1] = x.size(1);
  return position + (arange(x.size(0) * x.size(1)) * count).to(x.device()).reshape(images);
}

Tensors max_pooling(const NodeCall& n) {
  const Tensor x = as_floating(n);
  const Window w(n, x, {});
  const bool ceil_mode = n.integer("ceil_mode", 0) != 0;
  const Ints end = reach(w, x, ceil_mode);
  if (n.wants(1)) {
    const auto [values, elements] = max(all_windows(x, w, end, -INFINITY), -1);
    return {values, maximum_positions(n, x, w, elements)};
  }
  if (!w.is_flat()) return amax(all_windows(x, w, end, -INFINITY), -1);
  const bool pads = !w.is_symmetric() || ceil_mode;
  const Tensor padded = pads ? pad_spatial(x, w.begin, end, -INFINITY) : x;
  const Ints padding = pads ? Ints(w.kernel.size(), 0) : w.begin;
  if (w.rank() == 1)
    return max_pool1d(padded, size_pair<Single>(w.kernel),
                      {.stride = size_pair<Single>(w.stride),
                       .padding = size_pair<Single>(padding),
                       .dilation = size_pair<Single>(w.dilation)});
  return max_pool2d(padded, size_pair<Pair>(w.kernel),
                    {.stride = size_pair<Pair>(w.stride),
                     .padding = size_pair<Pair>(padding),
                     .dilation = size_pair<Pair>(w.dilation)});
}

/// The number of elements of each window that count: those of x, and with count_include_pad those
/// of the padding; never those that ceil_mode adds.
Tensor counts(const NodeCall& n, const Tensor& x, const Window& w, const Ints& end) {
  Shape shape = x.shape();
  shape[0] = shape[1] = 1;
  Tensor ones = tinygrad::ones(shape, n.options(x.dtype()));
  if (!n.integer("count_include_pad", 0)) return sum(all_windows(ones, w, end, 0), -1);
  Ints rest;
  for (std::size_t i = 0; i < end.size(); ++i) rest.push_back(end[i] - w.end[i]);
  ones = pad_spatial(ones, w.begin, w.end, 1);
  Window inside = w;
  inside.begin = Ints(w.kernel.size(), 0);
  return sum(all_windows(ones, inside, rest, 0), -1);
}
Tensors average_pooling(const NodeCall& n) {
  const Tensor x = n[0];
  const Window w(n, x, {});
  const bool ceil_mode = n.integer("ceil_mode", 0) != 0;
  const bool is_dense = w.dilation == Ints(w.kernel.size(), 1);
  if (w.rank() == 2 && w.is_symmetric() && is_dense && !ceil_mode)
    return avg_pool2d(x, size_pair<Pair>(w.kernel),
                      {.stride = size_pair<Pair>(w.stride),
                       .padding = size_pair<Pair>(w.begin),
                       .count_include_pad = n.integer("count_include_pad", 0) != 0});
  const Ints end = reach(w, x, ceil_mode);
  return sum(all_windows(x, w, end, 0), -1) / counts(n, x, w, end);
}
/// (Σ |x|^p)^(1/p) of each window.
Tensors norm_pooling(const NodeCall& n) {
  const Tensor x = n[0];
  const Window w(n, x, {});
  const Ints end = reach(w, x, n.integer("ceil_mode", 0) != 0);
  return norm(all_windows(x, w, end, 0), double(n.integer("p", 2)), -1);
}

/// All dimensions of [N, C, ...] but the first two.
Axes spatial_axes(const NodeCall& n) {
  Axes axes;
  n.check(n[0].dim() > 2, "expected x [N, C, ...], got shape ", n[0].shape());
  for (int i = 2; i < n[0].dim(); ++i) axes.push_back(i);
  return axes;
}
Tensors global_mean(const NodeCall& n) { return mean(n[0], spatial_axes(n), keepdim); }
Tensors global_maximum(const NodeCall& n) { return amax(n[0], spatial_axes(n), keepdim); }
Tensors global_norm(const NodeCall& n) {
  return norm(n[0], double(n.integer("p", 2)), spatial_axes(n), keepdim);
}

/// Zeros, and x at the positions of MaxPool's second output. Positions count in an image of the
/// default size; output_shape makes a larger one around it.
Tensors max_unpooling(const NodeCall& n) {
  const Tensor x = n[0];
  const Window w(n, x, {});
  Shape shape = x.shape();
  for (int i = 0; i < w.rank(); ++i) {
    const auto d = std::size_t(i);
    shape[i + 2] = (shape[i + 2] - 1) * w.stride[d] + w.kernel[d] - w.begin[d] - w.end[d];
  }
  const Tensor zeros = tinygrad::zeros({shape.count()}, n.options(x.dtype()));
  const Tensor y = zeros.scatter(0, n[1].flatten(), x.flatten()).reshape(shape);
  if (!n.has(2)) return y;
  Ints more;
  const Ints wanted = n.ints(2);
  n.check(int(wanted.size()) == y.dim(), "the output_shape has ", wanted.size(), " sizes");
  for (int i = 2; i < y.dim(); ++i) more.push_back(wanted[std::size_t(i)] - y.shape()[i]);
  return pad_spatial(y, Ints(more.size(), 0), more);
}

constexpr auto own = Result::own, as_first = Result::as_first;
constexpr Operator table[] = {
    {"AveragePool", average_pooling},
    {"GlobalAveragePool", global_mean},
    {"GlobalLpPool", global_norm},
    {"GlobalMaxPool", global_maximum},
    {"LpPool", norm_pooling},
    {"MaxPool", max_pooling},
    {"MaxUnpool", max_unpooling, as_first, host(2)},
};

}  // namespace
Operators pooling_operators() { return table; }
}  // namespace tinygrad::onnx
