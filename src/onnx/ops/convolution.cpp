// SPDX-License-Identifier: MIT
// Convolution and its transpose, in any number of spatial dimensions.
#include <algorithm>

#include "ops/window.h"

namespace tinygrad::onnx {
namespace {

Ints spatial(const Tensor& t) { return {t.shape().begin() + 2, t.shape().end()}; }
bool equals(const Ints& a, const Ints& b) { return a == b; }

template <class Size, class Op>
Tensor convolve_flat(const Tensor& x, const Tensor& weight, const Tensor& bias, const Window& w,
                     int groups, Op op) {
  return op(x, weight, bias,
            ConvOptions<Size>{.stride = size_pair<Size>(w.stride),
                              .padding = size_pair<Size>(w.begin),
                              .dilation = size_pair<Size>(w.dilation),
                              .groups = groups});
}
/// b [O], to be added to [N, O, ...].
Tensor as_channels(const Tensor& bias, int rank) {
  Shape shape = Shape::filled(rank, 1);
  shape[1] = bias.numel();
  return bias.reshape(shape);
}

/// y[n, o, ...] = Σ_{c, elements} windows(x)[n, c, ..., elements] weight[o, c, elements].
Tensor convolve_windows(const Tensor& x, const Tensor& weight, const Window& w, int groups) {
  const Tensor all = windows(x, Dims(w.kernel), Dims(w.stride), Dims(w.dilation));
  Dims of_windows = {1}, of_weight = {1};
  for (int i = 0; i < w.rank(); ++i)
    of_windows.push_back(2 + w.rank() + i), of_weight.push_back(2 + i);
  const auto xs = chunk(all, groups, 1), ws = chunk(weight, groups, 0);
  Tensors ys;
  for (std::size_t g = 0; g < xs.size(); ++g)
    ys.push_back(movedim(tensordot(xs[g], ws[g], of_windows, of_weight), -1, 1));
  return cat(ys, 1);
}

Tensor convolve(const NodeCall& n, Tensor x, const Tensor& weight, const Tensor& bias) {
  n.check(weight.dim() >= 3, "expected weights [O, C, ...], got shape ", weight.shape());
  Window w(n, x, spatial(weight));
  const auto groups = int(n.integer("group", 1));
  n.check(groups > 0, "the group is ", groups);
  if (!w.is_flat() || !equals(w.begin, w.end) ||
      *std::min_element(w.begin.begin(), w.begin.end()) < 0) {
    x = pad_spatial(x, w.begin, w.end);
    w.begin = w.end = Ints(w.kernel.size(), 0);
  }
  if (w.rank() == 1) return convolve_flat<Single>(x, weight, bias, w, groups, conv1d);
  if (w.rank() == 2) return convolve_flat<Pair>(x, weight, bias, w, groups, conv2d);
  const Tensor y = convolve_windows(x, weight, w, groups);
  return bias.defined() ? y + as_channels(bias, y.dim()) : y;
}
Tensors convolution(const NodeCall& n) { return convolve(n, n[0], n[1], n.optional(2)); }

/// Each element of x adds the filter, times itself, to a window of y, which is `shape`.
Tensor spread_windows(const Tensor& x, const Tensor& weight, const Window& w, const Ints& shape,
                      int groups) {
  const auto xs = chunk(x, groups, 1), ws = chunk(weight, groups, 0);
  Tensors ys;
  for (std::size_t g = 0; g < xs.size(); ++g) {
    const Tensor all = movedim(tensordot(xs[g], ws[g], Dims{1}, Dims{0}), 1 + w.rank(), 1);
    Shape full = {x.size(0), all.size(1)};
    for (const std::int64_t size : shape) full.push_back(size);
    ys.push_back(add_windows(all, full, Dims(w.stride), Dims(w.dilation)));
  }
  return cat(ys, 1);
}

/// The paddings that give `output_shape`, or with auto_pad one of size · stride.
void set_output_shape(const NodeCall& n, Window& w, const Ints& full, const Ints& extra,
                      const Tensor& x) {
  const std::string mode = n.text("auto_pad", "NOTSET");
  Ints wanted = n.ints("output_shape");
  if (wanted.empty() && (mode == "NOTSET" || mode == "VALID")) return;
  for (int i = 0; wanted.size() < full.size(); ++i)
    wanted.push_back(x.shape()[i + 2] * w.stride[std::size_t(i)]);
  for (std::size_t i = 0; i < full.size(); ++i) {
    const std::int64_t total = full[i] + extra[i] - wanted[wanted.size() - full.size() + i];
    const std::int64_t cut = std::max<std::int64_t>(total, 0);  // a larger result grows at the end
    w.begin[i] = mode == "SAME_UPPER" ? cut / 2 : cut - cut / 2;
    w.end[i] = total - w.begin[i];
  }
}

Tensors transposed_convolution(const NodeCall& n) {
  const Tensor x = n[0], weight = n[1], bias = n.optional(2);
  n.check(weight.dim() >= 3, "expected weights [C, O, ...], got shape ", weight.shape());
  Window w(n, x, spatial(weight));
  const auto groups = int(n.integer("group", 1));
  n.check(groups > 0, "the group is ", groups);
  const Ints extra = n.ints("output_padding", Ints(w.kernel.size(), 0));
  n.check(extra.size() == w.kernel.size(), "there are ", extra.size(), " output_paddings");
  Ints full;  // the shape of the result without padding
  for (int i = 0; i < w.rank(); ++i)
    full.push_back((x.shape()[i + 2] - 1) * w.stride[std::size_t(i)] + w.extent(i));
  set_output_shape(n, w, full, extra, x);
  const bool crops_alike = equals(w.begin, w.end) && equals(extra, Ints(extra.size(), 0)) &&
                           *std::min_element(w.begin.begin(), w.begin.end()) >= 0;
  if (w.rank() == 2 && crops_alike)
    return conv_transpose2d(x, weight, bias,
                            {.stride = size_pair<Pair>(w.stride),
                             .padding = size_pair<Pair>(w.begin),
                             .groups = groups,
                             .dilation = size_pair<Pair>(w.dilation)});
  Tensor y = spread_windows(x, weight, w, full, groups);
  Ints before, after;
  for (std::size_t i = 0; i < full.size(); ++i)
    before.push_back(-w.begin[i]), after.push_back(extra[i] - w.end[i]);
  y = pad_spatial(y, before, after);
  return bias.defined() ? y + as_channels(bias, y.dim()) : y;
}

/// An integer tensor minus its zero point, as float64, in which its sums are exact. A vector of
/// zero points belongs to dimension `axis`.
Tensor centered(const NodeCall& n, int i, int zero_point, int axis) {
  const Tensor x = n[i].to(float64);
  if (!n.has(zero_point)) return x;
  const Tensor zero = n[zero_point].to(float64);
  if (zero.numel() == 1) return x - zero.reshape({});
  Shape shape = Shape::filled(x.dim(), 1);
  shape[axis] = zero.numel();
  return x - zero.reshape(shape);
}
Tensors integer_convolution(const NodeCall& n) {
  return convolve(n, centered(n, 0, 2, 0), centered(n, 1, 3, 0), {}).to(int32);
}
/// Convolution of (x - zero) scale with quantized weights; the result is quantized again.
Tensors quantized_convolution(const NodeCall& n) {
  Tensor y = convolve(n, centered(n, 0, 2, 0), centered(n, 3, 5, 0), {});
  if (n.has(8)) y = y + as_channels(n[8].to(float64), y.dim());
  Tensor scale = n[4].to(float64) * n[1].to(float64) / n[6].to(float64);
  if (scale.numel() > 1) scale = as_channels(scale, y.dim());
  const IntegerRange range = integer_range(n.raw(7).dtype());
  y = round(y * scale) + n[7].to(float64);
  return clamp(y, range.least, range.most).to(n.raw(7).dtype());
}

constexpr auto own = Result::own;
constexpr Operator table[] = {
    {"Conv", convolution},
    {"ConvInteger", integer_convolution, own},
    {"ConvTranspose", transposed_convolution},
    {"QLinearConv", quantized_convolution, own},
};

}  // namespace
Operators convolution_operators() { return table; }
}  // namespace tinygrad::onnx
