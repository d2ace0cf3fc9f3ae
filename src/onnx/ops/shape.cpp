// SPDX-License-Identifier: MIT
// Shapes, and tensors of other shapes: views, joins, parts, repetition.
#include <algorithm>

#include "operator.h"

namespace tinygrad::onnx {
namespace {

/// Integers on the CPU, where shapes are computed.
Tensor on_host(const Ints& values) { return from_vector(values, {values.size()}, "cpu"); }

Tensors shape_of(const NodeCall& n) {
  const Shape& shape = n.raw(0).shape();
  const std::int64_t rank = shape.rank();
  const auto clamped = [&](const char* name, std::int64_t fallback) {
    const std::int64_t i = n.integer(name, fallback);
    return std::clamp<std::int64_t>(i < 0 ? i + rank : i, 0, rank);
  };
  const std::int64_t start = clamped("start", 0), end = clamped("end", rank);
  return on_host(Ints(shape.begin() + std::min(start, end), shape.begin() + end));
}
Tensors size_of_tensor(const NodeCall& n) {
  return from_vector<std::int64_t>({n.raw(0).numel()}, {}, "cpu");
}

/// 0 keeps the size of the input, unless allowzero is set; one size may be -1.
Tensors reshape_to(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  Shape shape(n.ints("shape", 1));
  const bool allow_zero = n.integer("allowzero", 0) != 0;
  for (int i = 0; i < shape.rank(); ++i)
    if (shape[i] == 0 && !allow_zero) {
      n.check(i < x.dim(), "size ", i, " of the shape ", shape, " is 0, and the input has shape ",
              x.shape());
      shape[i] = x.shape()[i];
    }
  return x.reshape(shape);
}
Tensors flatten_to_matrix(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  const std::int64_t axis = n.integer("axis", 1);
  const int first = axis == x.dim() ? x.dim() : axis_of(n, axis, x.dim());
  std::int64_t rows = 1, columns = 1;
  for (int i = 0; i < x.dim(); ++i) (i < first ? rows : columns) *= x.shape()[i];
  return x.reshape({rows, columns});
}
Tensors transpose_by(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  Dims order(n.ints("perm"));
  if (order.empty())
    for (int i = x.dim() - 1; i >= 0; --i) order.push_back(i);
  return x.permute(order);
}
Tensors squeeze_axes(const NodeCall& n) {
  Tensor x = n.raw(0);
  Ints axes = n.ints("axes", 1);
  if (axes.empty()) return x.squeeze();
  for (auto& axis : axes) axis = axis_of(n, axis, x.dim());
  std::sort(axes.rbegin(), axes.rend());
  for (const std::int64_t axis : axes) {
    n.check(x.size(int(axis)) == 1, "dimension ", axis, " of shape ", x.shape(), " is not 1");
    x = x.squeeze(int(axis));
  }
  return x;
}
Tensors unsqueeze_axes(const NodeCall& n) {
  Tensor x = n.raw(0);
  Ints axes = n.ints("axes", 1);
  const int rank = x.dim() + int(axes.size());
  for (auto& axis : axes) axis = axis_of(n, axis, rank);
  std::sort(axes.begin(), axes.end());
  for (const std::int64_t axis : axes) x = x.unsqueeze(int(axis));
  return x;
}

Tensors concatenate(const NodeCall& n) {
  Tensors xs;
  for (int i = 0; i < n.input_count(); ++i) xs.push_back(n.raw(i).to(n.device()));
  return cat(xs, axis_of(n, n.integer("axis", 0), xs[0].dim()));
}
/// The sizes of the parts are an attribute, or input 1 from opset 13 on; without them there is a
/// part for each output, of which the last may be smaller.
Tensors split_into(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  const int axis = axis_of(n, n.integer("axis", 0), x.dim());
  Ints sizes = n.ints("split", 1);
  const auto parts = std::int64_t(n.node().outputs.size());
  const std::int64_t size = (x.size(axis) + parts - 1) / parts;
  if (sizes.empty())
    for (std::int64_t i = 0; i < parts; ++i)
      sizes.push_back(std::clamp<std::int64_t>(x.size(axis) - i * size, 0, size));
  return Tensors(x.split(sizes, axis));
}

/// The elements start, start + step, ... before end of a dimension; step may be negative.
Tensor slice_dimension(const NodeCall& n, const Tensor& x, int axis, std::int64_t start,
                       std::int64_t end, std::int64_t step) {
  n.check(step != 0 && step != INT64_MIN, "the step is ", step);
  if (step > 0) return x.slice(axis, start, end, step);
  const std::int64_t size = x.size(axis);
  // Positions in the reversed dimension, where the step is positive.
  const auto from_end = [&](std::int64_t at) {
    if (at < 0) at = std::max(at, -size - 1) + size;
    return size - 1 - std::clamp<std::int64_t>(at, -1, size - 1);
  };
  return flip(x, axis).slice(axis, from_end(start), std::max(from_end(end), from_end(start)),
                             -step);
}
/// Starts, ends, axes and steps are attributes before opset 10, inputs since.
Tensors slice_of(const NodeCall& n) {
  Tensor x = n.raw(0);
  const Ints starts = n.ints("starts", 1), ends = n.ints("ends", 2);
  Ints axes = n.ints("axes", 3), steps = n.has(4) ? n.ints(4) : Ints();
  for (std::size_t i = axes.size(); i < starts.size(); ++i) axes.push_back(std::int64_t(i));
  steps.resize(starts.size(), 1);
  n.check(ends.size() == starts.size() && axes.size() == starts.size(), "there are ", starts.size(),
          " starts, ", ends.size(), " ends and ", axes.size(), " axes");
  for (std::size_t i = 0; i < starts.size(); ++i)
    x = slice_dimension(n, x, axis_of(n, axes[i], x.dim()), starts[i], ends[i], steps[i]);
  return x;
}

/// The shape that x and `shape` broadcast to.
Tensors expand_to(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  const Shape shape(n.ints(1));
  Shape result = Shape::filled(std::max(x.dim(), shape.rank()), 1);
  for (int i = 1; i <= result.rank(); ++i) {
    const std::int64_t own = i <= x.dim() ? x.shape()[-i] : 1,
                       given = i <= shape.rank() ? shape[-i] : 1;
    result[-i] = own == 1 ? given : own;
    n.check(own == 1 || given == 1 || own == given, "shape ", x.shape(),
            " does not broadcast with ", shape);
  }
  return x.expand(result);
}
Tensors tile_by(const NodeCall& n) { return n.raw(0).repeat(Dims(n.ints(1))); }

constexpr auto own = Result::own;
constexpr Operator table[] = {
    {"Concat", concatenate, own},
    {"Expand", expand_to, own, host(1)},
    {"Flatten", flatten_to_matrix, own},
    {"Reshape", reshape_to, own, host(1)},
    {"Shape", shape_of, own},
    {"Size", size_of_tensor, own},
    {"Slice", slice_of, own, host(1, 2, 3, 4)},
    {"Split", split_into, own, host(1)},
    {"Squeeze", squeeze_axes, own, host(1)},
    {"Tile", tile_by, own, host(1)},
    {"Transpose", transpose_by, own},
    {"Unsqueeze", unsqueeze_axes, own, host(1)},
};

}  // namespace
Operators shape_operators() { return table; }
}  // namespace tinygrad::onnx
