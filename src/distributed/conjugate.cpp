// SPDX-License-Identifier: MIT
// The conjugate pairs as ops: each names its partner as its derivative.
#include "tinygrad/distributed/conjugate.h"

#include "tinygrad/distributed/collectives.h"
#include "tinygrad/op.h"
#include "tinygrad/ops.h"

namespace tinygrad::distributed {

Tensor copy_to_group(In x, const Group& group) {
  if (group.size() == 1) return *x;
  return apply_view({.name = "copy_to_group",
                     .input = x,
                     .shape = x->shape(),
                     .strides = x->strides(),
                     .offset = view_of(x).offset(),
                     .derivatives = {[group](Dy dy, Saved) { return sum_from_group(dy, group); }}});
}

Tensor sum_from_group(In x, const Group& group) {
  if (group.size() == 1) return *x;
  return apply(
      {.name = "sum_from_group",
       .inputs = {x},
       .formula =
           [group](const Tensors& in) { return all_reduce(in[0].detach(), Reduce::sum, group); },
       .derivatives = {[group](Dy dy, Saved) { return copy_to_group(dy, group); }}});
}

static Tensor gathered(const char* name, const In& x, int dim, const Group& group,
                       Derivatives derivatives) {
  const std::int64_t parts = group.size() * x->size(dim, x.location);
  return apply({.name = name,
                .inputs = {x},
                .formula =
                    [=, line = x.location](const Tensors& in) {
                      const Tensor y = all_gather({in[0].detach(), line}, dim, group);
                      require<ShapeError>(y.size(dim) == parts, {name, line}, "dimension ", dim,
                                          " must have one size on all ranks");
                      return y;
                    },
                .derivatives = std::move(derivatives)});
}

Tensor gather_from_group(In x, int dim, const Group& group) {
  if (group.size() == 1) return *x;
  return gathered("gather_from_group", x, dim, group,
                  {[=](Dy dy, Saved) { return scatter_to_group(dy, dim, group); }});
}

Tensor gather_and_copy(In x, int dim, const Group& group) {
  if (group.size() == 1) return *x;
  return gathered("gather_and_copy", x, dim, group,
                  {[=](Dy dy, Saved) { return sum_and_scatter(dy, dim, group); }});
}

Tensor sum_and_scatter(In x, int dim, const Group& group) {
  if (group.size() == 1) return *x;
  return apply({.name = "sum_and_scatter",
                .inputs = {x},
                .formula =
                    [=, line = x.location](const Tensors& in) {
                      return reduce_scatter({in[0].detach(), line}, dim, Reduce::sum, group);
                    },
                .derivatives = {[=](Dy dy, Saved) { return gather_and_copy(dy, dim, group); }}});
}

Tensor scatter_to_group(In x, int dim, const Group& group) {
  if (group.size() == 1) return *x;
  const std::int64_t size = x->size(dim, x.location), n = group.size();
  require<ShapeError>(size % n == 0, {"scatter_to_group", x.location}, "size ", size,
                      " of dimension ", dim, " of shape ", x->shape(),
                      " must be a multiple of the ", n, " ranks");
  const View part =
      view_of(x).narrow(dim < 0 ? dim + x->dim() : dim, group.rank() * (size / n), size / n);
  return apply_view(
      {.name = "scatter_to_group",
       .input = x,
       .shape = part.shape(),
       .strides = part.strides(),
       .offset = part.offset(),
       .derivatives = {[=](Dy dy, Saved) { return gather_from_group(dy, dim, group); }}});
}

}  // namespace tinygrad::distributed
