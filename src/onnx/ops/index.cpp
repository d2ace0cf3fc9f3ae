// SPDX-License-Identifier: MIT
// Elements by index: gathering, scattering, order, sets.
#include <algorithm>

#include "operator.h"

namespace tinygrad::onnx {
namespace {

/// Input i as int64 indices into a dimension of `size` elements; negative ones count from the end.
Tensor indices(const NodeCall& n, int i, std::int64_t size) {
  const Tensor index = n[i].to(int64);
  return where(index < 0, index + size, index);
}

Tensors gather_slices(const NodeCall& n) {
  const Tensor x = n.raw(0).to(n.device());
  const int axis = axis_of(n, n.integer("axis", 0), x.dim());
  const Tensor index = indices(n, 1, x.size(axis));
  if (index.dim() == 1) return x.index_select(axis, index);
  Shape shape = x.shape();
  shape.erase(axis);
  for (int i = 0; i < index.dim(); ++i) shape.insert(axis + i, index.shape()[i]);
  return x.index_select(axis, index.flatten()).reshape(shape);
}
Tensors gather_elements(const NodeCall& n) {
  const Tensor x = n.raw(0).to(n.device());
  const int axis = axis_of(n, n.integer("axis", 0), x.dim());
  return x.gather(axis, indices(n, 1, x.size(axis)));
}

/// The positions in x, flattened from dimension `batch` on, of the slices that index [..., k] names
/// by their first k coordinates after the batch.
Tensor slice_positions(const NodeCall& n, const Tensor& x, int batch) {
  const Tensor index = n[1].to(int64);
  const auto k = int(index.size(-1));
  n.check(batch >= 0 && batch + k <= x.dim(), "indices of ", k, " coordinates do not fit shape ",
          x.shape());
  Tensor position = zeros(index.select(-1, 0).shape(), n.options(int64));
  for (int i = 0; i < k; ++i) {
    const std::int64_t size = x.size(batch + i);
    const Tensor at = index.select(-1, i);
    const Tensor from_front = where(at < 0, at + size, at);
    n.check(!((from_front < 0) | (from_front >= size)).any().item<bool>(),
            "an index is outside dimension ", batch + i, " of shape ", x.shape());
    position = position * size + from_front;
  }
  return position;
}
Shape part(const Shape& shape, int first, int last) {
  return Shape(shape.begin() + first, last - first);
}
Shape joined(const Shape& a, const Shape& b) {
  Shape all = a;
  for (const std::int64_t size : b) all.push_back(size);
  return all;
}

Tensors gather_nd(const NodeCall& n) {
  const Tensor x = n.raw(0).to(n.device());
  const auto batch = int(n.integer("batch_dims", 0));
  const auto k = int(n.raw(1).size(-1));
  const Tensor position = slice_positions(n, x, batch);  // [B..., I...]
  const Shape inner = part(x.shape(), batch + k, x.dim());
  const std::int64_t count = part(x.shape(), 0, batch).count();
  const std::int64_t rows = part(x.shape(), batch, batch + k).count();
  // Batches follow one another in the rows.
  const Tensor first = (arange(count) * rows).to(n.device()).unsqueeze(1);
  const Tensor row = (position.reshape({count, -1}) + first).flatten();
  return x.reshape({count * rows, inner.count()})
      .index_select(0, row)
      .reshape(joined(position.shape(), inner));
}

ScatterReduce reduction_of(const NodeCall& n, const std::string& name) {
  if (name == "add") return ScatterReduce::sum;
  if (name == "mul") return ScatterReduce::prod;
  n.check(name == "max" || name == "min", "the reduction ", in_quotes(name), " is not known");
  return name == "max" ? ScatterReduce::amax : ScatterReduce::amin;
}
Tensors scatter_elements(const NodeCall& n) {
  const Tensor x = n[0];
  const int axis = axis_of(n, n.integer("axis", 0), x.dim());
  const Tensor index = indices(n, 1, x.size(axis));
  const std::string reduction = n.text("reduction", "none");
  if (reduction == "none") return x.scatter(axis, index, n[2]);
  return x.scatter_reduce(axis, index, n[2], reduction_of(n, reduction));
}
Tensors scatter_nd(const NodeCall& n) {
  const Tensor x = n[0];
  const auto k = int(n.raw(1).size(-1));
  const Tensor row = slice_positions(n, x, 0).flatten();
  const std::int64_t width = part(x.shape(), k, x.dim()).count();
  const Tensor rows = x.reshape({-1, width}), values = n[2].reshape({-1, width});
  const Tensor index = row.unsqueeze(1).expand({row.numel(), width});
  const std::string reduction = n.text("reduction", "none");
  const Tensor y = reduction == "none"
                       ? rows.scatter(0, index, values)
                       : rows.scatter_reduce(0, index, values, reduction_of(n, reduction));
  return y.reshape(x.shape());
}
/// A cache of keys or values, with an update from position write_indices[i] of sample i on.
Tensors scatter_into_cache(const NodeCall& n) {
  const Tensor cache = n.raw(0).to(n.device()), update = n.raw(1).to(n.device());
  const int axis = axis_of(n, n.integer("axis", -2), cache.dim());
  const std::int64_t size = cache.size(axis);
  const bool is_circular = n.text("mode", "linear") == "circular";
  const Ints starts = n.has(2) ? n.ints(2) : Ints(std::size_t(cache.size(0)), 0);
  Tensors samples;
  for (std::int64_t b = 0; b < cache.size(0); ++b) {
    Tensor at = arange(update.size(axis)).to(n.device()) + starts[std::size_t(b)];
    if (is_circular) at = at % size;
    samples.push_back(cache.select(0, b).index_copy(axis - 1, at, update.select(0, b)));
  }
  return stack(samples);
}

/// The slices along the axis, or the elements, where a vector of bools is true.
Tensors compress(const NodeCall& n) {
  const Tensor x = n.raw(0).to(n.device());
  const Tensor rows = nonzero(n[1]).flatten();
  if (!n.has("axis")) return x.flatten().index_select(0, rows);
  return x.index_select(axis_of(n, n.integer("axis", 0), x.dim()), rows);
}
Tensors nonzero_columns(const NodeCall& n) { return nonzero(n[0]).t(); }
/// 1 where the index is, otherwise 0, as values[1] and values[0].
Tensors one_hot_at(const NodeCall& n) {
  const std::int64_t depth = n.scalar(1, 0).integer();
  const Tensor index = n[0].to(int64);
  const auto axis = int(n.integer("axis", -1));
  const Tensor position = where(index < 0, index + depth, index).unsqueeze(axis);
  Shape shape = Shape::filled(position.dim(), 1);
  shape[axis] = depth;
  const Tensor values = n.raw(2).to(n.device());
  return where(arange(depth).to(n.device()).reshape(shape) == position, values.select(0, 1),
               values.select(0, 0));
}
Tensors largest(const NodeCall& n) {
  const Tensor x = n[0];
  const std::int64_t k = n.has(1) ? n.scalar(1, 0).integer() : n.integer("k", 0);
  auto [values, places] =
      topk(x, k, axis_of(n, n.integer("axis", -1), x.dim()), n.integer("largest", 1) != 0);
  return {values, places};
}

/// The distinct elements, or slices along the axis: their values, where each occurs first, their
/// positions among the values, and their counts. They are in the order of their first occurrence if
/// `sorted` is 0.
Tensors unique_elements(const NodeCall& n) {
  const Tensor x = n[0];
  UniqueOptions options{.return_inverse = true, .return_counts = true};
  if (n.has("axis")) options.dim = axis_of(n, n.integer("axis", 0), x.dim());
  auto [values, inverse, counts] = unique(x, options);
  inverse = inverse.flatten();
  const std::int64_t size = inverse.numel();
  const Tensor first =
      full({counts.numel()}, size, n.options(int64))
          .scatter_reduce(0, inverse, arange(size).to(n.device()), ScatterReduce::amin);
  if (n.integer("sorted", 1)) return {values, first, inverse, counts};
  const Tensor order = argsort(first), rank = argsort(order);
  return {values.index_select(options.dim.value_or(0), order), first.index_select(0, order),
          rank.index_select(0, inverse), counts.index_select(0, order)};
}

constexpr auto own = Result::own, as_first = Result::as_first;
constexpr Operator table[] = {
    {"Compress", compress, own},
    {"Gather", gather_slices, own},
    {"GatherElements", gather_elements, own},
    {"GatherND", gather_nd, own},
    {"NonZero", nonzero_columns, own},
    {"OneHot", one_hot_at, own, host(1)},
    {"Scatter", scatter_elements},
    {"ScatterElements", scatter_elements},
    {"ScatterND", scatter_nd},
    {"TensorScatter", scatter_into_cache, own, host(2)},
    {"TopK", largest, as_first, host(1)},
    {"Unique", unique_elements},
};

}  // namespace
Operators index_operators() { return table; }
}  // namespace tinygrad::onnx
