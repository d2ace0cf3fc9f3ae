// SPDX-License-Identifier: MIT
// Segments and bags: every element has the number of its segment, by which it is reduced.
#include <cmath>

#include "core/ops/internal.h"
#include "tinygrad/ops/segment.h"

namespace tinygrad {

/// y with x reduced into it along dim; parts to which nothing goes keep what y has.
static Tensor reduced_into(const Call& call, const Tensor& y, int dim, const Tensor& part,
                           const Tensor& x, ScatterReduce reduce) {
  if (reduce == ScatterReduce::sum) return index_add({y, call.location}, dim, part, x);
  return index_reduce({y, call.location}, dim, part, x, reduce, false);
}

Tensor segment_reduce(In x, ScatterReduce reduce, In lengths, int dim) {
  using enum ScatterReduce;
  const Call call{"segment_reduce", x.location};
  check_floating(call, x.given());
  const Tensor counts = check_index(call, lengths);
  const int at = check_dim(call, *x, dim);
  require<ShapeError>(x->dim() > 0 && counts.dim() == 1, call,
                      "expected x of rank 1 or more and lengths [S], got ", x->shape(), " and ",
                      counts.shape());
  const Tensor part = repeat_interleave(arange(counts.numel()).to(x->device()), counts);
  require<ShapeError>(part.numel() == x->shape()[at], call, "the lengths sum to ", part.numel(),
                      ", but x has ", Marked{x->shape(), at});
  Shape shape = x->shape();
  shape[at] = counts.numel();
  const double empty = reduce == sum    ? 0
                       : reduce == prod ? 1
                       : reduce == mean ? NAN
                       : reduce == amax ? -infinity
                                        : infinity;
  const Tensor y = full(shape, empty, {.dtype = x->dtype(), .device = x->device()});
  return reduced_into(call, y, at, part, *x, reduce);
}

/// Rows that do not count go to a bag after the last, which is cut off.
Tensor embedding_bag(In index, In weight, In offsets, const EmbeddingBagOptions& o) {
  using enum ScatterReduce;
  const Call call{"embedding_bag", index.location};
  check_floating(call, weight.given());
  const Tensor all = check_index(call, index), flat = flatten(all);
  require<ShapeError>(weight->dim() == 2 && all.dim() == (offsets.defined() ? 1 : 2), call,
                      "expected weight [V, D] and index [B, N], or index [n] and offsets [B], got ",
                      weight->shape(), " and ", all.shape());
  require(o.mode == sum || o.mode == mean || o.mode == amax, call,
          "takes the modes sum, mean and amax");
  const Tensor factors = o.per_sample_weights;
  require(!factors.defined() || o.mode == sum, call, "per_sample_weights are for sums");
  require<ShapeError>(!factors.defined() || factors.shape() == all.shape(), call,
                      "expected per_sample_weights of shape ", all.shape());
  const Tensor order = arange(flat.numel()).to(flat.device());
  std::int64_t bags = all.shape()[0];
  Tensor bag;
  if (offsets.defined()) {
    const Tensor starts = check_index(call, offsets);
    bags = starts.numel() - o.include_last_offset;
    require<ShapeError>(starts.dim() == 1 && bags >= 0, call, "expected offsets [B], got ",
                        starts.shape());
    bag = searchsorted(slice(starts, 0, 0, bags), order, true) - 1;
  } else bag = floor_divide(order, std::max<std::int64_t>(1, all.shape()[1]));
  if (o.padding_idx) {
    const std::int64_t p = *o.padding_idx;
    bag = where(flat == (p < 0 ? p + weight->shape()[0] : p), bags, bag);
  }
  Tensor rows = embedding({flat, index.location}, *weight);
  if (factors.defined()) rows = rows * unsqueeze(flatten(factors), 1);
  const Tensor zero =
      zeros({bags + 1, weight->shape()[1]}, {.dtype = rows.dtype(), .device = rows.device()});
  return slice(reduced_into(call, zero, 0, bag, rows, o.mode), 0, 0, bags);
}

}  // namespace tinygrad
