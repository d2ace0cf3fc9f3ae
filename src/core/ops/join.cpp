// SPDX-License-Identifier: MIT
// Ops that join tensors: cat and stack along a dimension, and what is made of them.
#include "core/ops/internal.h"

namespace tinygrad {

/// The shape of the result: the sizes along dim are added, all others must be equal.
static Shape joined_shape(const Call& call, const Tensors& xs, int dim) {
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

static DType joined_dtype(const Call& call, const Tensors& xs) {
  DType dtype = xs[0].dtype();
  for (auto& x : xs) dtype = promote(call, dtype, x.dtype());
  return dtype;
}

/// y = x_0, x_1, ... one after another along dim, converted to one dtype.   dx_i = its part of dy.
static Tensor join(const Call& call, const Tensors& xs, int dim) {
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

static void check_list(const Call& call, const Tensors& xs) {
  require(!xs.empty(), call, "expected at least one tensor");
  for (std::size_t i = 0; i < xs.size(); ++i)
    require(xs[i].defined(), call, "tensor ", i, " is undefined");
}

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

/// cat() of form(x) for all x.
static Tensor join_as(const char* name, const Tensors& xs, Tensor (*form)(In), int dim,
                      SourceLocation location) {
  const Call call{name, location};
  check_list(call, xs);
  Tensors formed;
  for (auto& x : xs) formed.push_back(form({x, location}));
  return join(call, formed, check_dim(call, formed[0], dim));
}
static Tensor as_column(In x) { return x->dim() > 1 ? *x : reshape({*x, x.location}, {-1, 1}); }

Tensor hstack(const Tensors& xs, SourceLocation location) {
  const bool are_vectors = xs.empty() || !xs[0].defined() || xs[0].dim() < 2;
  return join_as("hstack", xs, atleast_1d, are_vectors ? 0 : 1, location);
}
Tensor vstack(const Tensors& xs, SourceLocation location) {
  return join_as("vstack", xs, atleast_2d, 0, location);
}
Tensor dstack(const Tensors& xs, SourceLocation location) {
  return join_as("dstack", xs, atleast_3d, 2, location);
}
Tensor column_stack(const Tensors& xs, SourceLocation location) {
  return join_as("column_stack", xs, as_column, 1, location);
}

Tensor block_diag(const Tensors& xs, SourceLocation location) {
  const Call call{"block_diag", location};
  check_list(call, xs);
  Tensors rows;
  std::int64_t columns = 0, start = 0;
  for (auto& x : xs) {
    require<ShapeError>(x.dim() <= 2, call, "expected matrices, got shape ", x.shape());
    rows.push_back(atleast_2d({x, location}));
    columns += rows.back().shape()[1];
  }
  for (auto& row : rows) {
    const std::int64_t end = start + row.shape()[1];
    row = pad({row, location}, {start, columns - end});
    start = end;
  }
  return join(call, rows, 0);
}

static void check_vectors(const Call& call, const Tensors& xs) {
  check_list(call, xs);
  for (auto& x : xs)
    require<ShapeError>(x.dim() <= 1, call, "expected vectors, got shape ", x.shape());
}

/// Appends the choices of `left` positions below n, from `first` on, each after those in `chosen`.
static void append_choices(std::int64_t n, std::int64_t first, std::int64_t left, bool repeated,
                           std::vector<std::int64_t>& chosen, std::vector<std::int64_t>& all) {
  if (left == 0) all.insert(all.end(), chosen.begin(), chosen.end());
  else
    for (std::int64_t i = first; i < n; ++i) {
      chosen.push_back(i);
      append_choices(n, i + !repeated, left - 1, repeated, chosen, all);
      chosen.pop_back();
    }
}

std::vector<Tensor> meshgrid(const Tensors& xs, std::string_view indexing,
                             SourceLocation location) {
  const Call call{"meshgrid", location};
  require(indexing == "ij" || indexing == "xy", call, "the indexing must be ij or xy, got ",
          std::string(indexing));
  check_vectors(call, xs);
  const bool swaps = indexing == "xy" && xs.size() > 1;
  const auto dim_of = [&](int i) { return swaps && i < 2 ? 1 - i : i; };
  const auto rank = int(xs.size());
  Shape shape = Dims::filled(rank, 1);
  for (int i = 0; i < rank; ++i) shape[dim_of(i)] = xs[i].numel();
  std::vector<Tensor> grid;
  grid.reserve(xs.size());
  for (int i = 0; i < rank; ++i) grid.push_back(expand(along(xs[i], dim_of(i), rank), shape));
  return grid;
}

Tensor cartesian_prod(const Tensors& xs, SourceLocation location) {
  check_vectors({"cartesian_prod", location}, xs);
  if (xs.size() == 1) return xs[0];
  Tensors columns;
  for (auto& grid : meshgrid(xs, "ij", location)) columns.push_back(flatten(grid));
  return stack(columns, 1, location);
}

Tensor combinations(In x, std::int64_t r, bool with_replacement) {
  const Call call{"combinations", x.location};
  require<ShapeError>(x->dim() == 1, call, "expected a vector, got shape ", x->shape());
  require(r >= 0, call, "the number of elements must not be negative, got ", r);
  if (r == 0) return empty({0}, {.dtype = x->dtype(), .device = x->device()});
  std::vector<std::int64_t> chosen, all;
  append_choices(x->numel(), 0, r, with_replacement, chosen, all);
  const Tensor index = from_vector(all, x->device());
  return reshape(index_select({*x, x.location}, 0, index), {std::int64_t(all.size()) / r, r});
}

}  // namespace tinygrad
