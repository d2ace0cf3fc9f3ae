// SPDX-License-Identifier: MIT
// Builds a view with given strides from slices, a permutation and an expansion.
#include "strides.h"

#include <algorithm>

#include "tinygrad/ops.h"

namespace opinfo {

using namespace tinygrad;
using Stride = std::vector<std::int64_t>;
using Order = std::vector<int>;

namespace {

/// The dimensions of stride 0 cut to size 1.
Tensor without_repeats(const Tensor& values, const Stride& stride) {
  Tensor once = values;
  for (int i = 0; i < values.dim(); ++i)
    if (stride[std::size_t(i)] == 0 && once.size(i) != 1) once = once.slice(i, 0, 1);
  return once;
}

/// The dimensions of more than one element, by falling stride.
Order by_falling_stride(const Shape& shape, const Stride& stride) {
  Order order;
  for (int i = 0; i < shape.rank(); ++i)
    if (shape[i] > 1) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return stride[std::size_t(a)] > stride[std::size_t(b)]; });
  return order;
}

/// The shape of the contiguous tensor in which dimension order[k] has its stride as dimension k;
/// the last dimension of the shape is the smallest stride. Empty if there is none.
Shape base_shape(const Shape& shape, const Stride& stride, const Order& order) {
  if (order.size() >= max_rank) return {};
  Shape base = {shape[order[0]]};
  for (std::size_t k = 1; k < order.size(); ++k) {
    const std::int64_t outer = stride[std::size_t(order[k - 1])];
    const std::int64_t inner = stride[std::size_t(order[k])];
    if (outer % inner != 0 || outer / inner < shape[order[k]]) return {};
    base.push_back(outer / inner);
  }
  base.push_back(stride[std::size_t(order.back())]);
  return base;
}

/// For each dimension of the result, its dimension in a tensor that has the dimensions `order`
/// first and then those of size 1.
Dims permutation(int rank, const Order& order) {
  Dims dims;
  for (int i = 0, next = int(order.size()); i < rank; ++i) {
    const auto found = std::find(order.begin(), order.end(), i);
    dims.push_back(found == order.end() ? next++ : found - order.begin());
  }
  return dims;
}

}  // namespace

Tensor with_strides(const Tensor& values, const Stride& stride) {
  if (values.numel() == 0) return values;
  const Tensor once = without_repeats(values, stride);
  const Order order = by_falling_stride(once.shape(), stride);
  if (order.empty())
    return once.numel() == values.numel() ? values : once.clone().expand(values.shape());
  const Shape base = base_shape(once.shape(), stride, order);
  if (base.empty()) return values;
  Tensor t = zeros(base, {.dtype = values.dtype()}).select(int(order.size()), 0);
  for (std::size_t k = 0; k < order.size(); ++k) t = t.slice(int(k), 0, once.size(order[k]));
  while (t.dim() < values.dim()) t = t.unsqueeze(-1);
  t = t.permute(permutation(values.dim(), order));
  t.copy_(once);
  return t.expand(values.shape());
}

}  // namespace opinfo
