// SPDX-License-Identifier: MIT
// The ops cat and stack, which join tensors along a dimension.
#include "core/check.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

/// The shape of the result: the sizes along dim are added, all others must be equal.
Shape joined_shape(const Call& call, const Tensors& xs, int dim) {
  Shape shape = xs[0].shape();
  for (std::size_t i = 1; i < xs.size(); ++i) {
    const Shape& next = xs[i].shape();
    require<ShapeError>(next.rank() == shape.rank(), call, "tensor 0 has shape ", xs[0].shape(),
                        ", tensor ", i, " has ", next, "; add dimensions with unsqueeze");
    for (int d = 0; d < shape.rank(); ++d)
      require<ShapeError>(d == dim || next[d] == shape[d], call, "tensors joined along dimension ",
                          dim, " must have equal sizes elsewhere, but 0 and ", i, " have shapes ",
                          Marked{xs[0].shape(), d}, " and ", Marked{next, d});
    require<ShapeError>(checked_add(shape[dim], next[dim], shape[dim]), call,
                        "the sizes along dimension ", dim, " do not fit into 63 bits");
  }
  return shape;
}

DType joined_dtype(const Call& call, const Tensors& xs) {
  DType dtype = xs[0].dtype();
  for (auto& x : xs) dtype = promote(call, dtype, x.dtype());
  return dtype;
}

/// y = x_0, x_1, ... one after another along dim, converted to one dtype.   dx_i = its part of dy.
Tensor join(const Call& call, const Tensors& xs, int dim) {
  SmallVector<std::int64_t, 6> sizes;
  for (auto& x : xs) sizes.push_back(x.shape().rank() > dim ? x.shape()[dim] : 0);
  return apply({.name = call.op,
                .inputs = {xs, call.location},
                .outputs = {{joined_shape(call, xs, dim), joined_dtype(call, xs)}},
                .kernel =
                    [&](Backend& b, Views in, Views out) {
                      std::int64_t start = 0;
                      for (std::size_t i = 0; i < in.size(); start += sizes[i++])
                        b.copy(in[i], out[0].narrow(dim, start, sizes[i]));
                      return true;
                    },
                .derivatives = {[dim, sizes](const Tensors& dys, Saved s) {
                  Tensors dxs;
                  std::int64_t start = 0;
                  for (std::size_t i = 0; i < sizes.size(); start += sizes[i++])
                    dxs.push_back(s.needed(int(i)) ? narrow(dys[0], dim, start, sizes[i])
                                                   : Tensor());
                  return dxs;
                }}});
}

void check_list(const Call& call, const Tensors& xs) {
  require(!xs.empty(), call, "expected at least one tensor");
  for (std::size_t i = 0; i < xs.size(); ++i)
    require(xs[i].defined(), call, "tensor ", i, " is undefined");
}

}  // namespace

Tensor cat(const Tensors& xs, int dim, SourceLocation location) {
  const Call call{"cat", location};
  check_list(call, xs);
  for (auto& x : xs)
    require<ShapeError>(x.dim() > 0, call, "0-d tensors cannot be concatenated; use stack");
  return join(call, xs, check_dim(call, xs[0], dim));
}

Tensor stack(const Tensors& xs, int dim, SourceLocation location) {
  const Call call{"stack", location};
  check_list(call, xs);
  const int rank = xs[0].dim() + 1;
  require<IndexError>(dim >= -rank && dim < rank, call, "the new dimension ", dim, " is not in [",
                      -rank, ", ", rank, ") for shape ", xs[0].shape());
  if (dim < 0) dim += rank;
  Tensors slices;
  for (auto& x : xs) {
    require<ShapeError>(x.shape() == xs[0].shape(), call, "expected tensors of equal shape, got ",
                        xs[0].shape(), " and ", x.shape());
    slices.push_back(unsqueeze({x, location}, dim));
  }
  return join(call, slices, dim);
}

}  // namespace tinygrad
