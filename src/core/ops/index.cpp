// SPDX-License-Identifier: MIT
// Ops that read and write elements by an index tensor: gather, scatter, and the ops that use them.
#include "core/ops/internal.h"

namespace tinygrad {

/// Checks that index has the rank of x and is not larger than x, except along dim.
static void check_index_shape(const Call& call, const Tensor& x, int dim, const Tensor& index) {
  require<ShapeError>(x.dim() == index.dim(), call, "x and index have different ranks: ", x.shape(),
                      " and ", index.shape());
  for (int d = 0; d < x.dim(); ++d)
    require<ShapeError>(d == dim || index.shape()[d] <= x.shape()[d], call, "along dimension ", d,
                        " index is larger than x: ", Marked{index.shape(), d}, " and ",
                        Marked{x.shape(), d});
}

/// The mask of the elements of source that scatter keeps: if several are written to one element,
/// the last of them.
static Tensor last_writes(const Tensor& dy, int dim, const Tensor& index) {
  const TensorOptions integers{.dtype = DType::int64, .device = dy.device()};
  const Tensor count = arange(0, index.shape()[dim], 1, integers),
               position = expand(along(count, dim, index.dim()), index.shape());
  const Tensor last = scatter(full(dy.shape(), -1, integers), dim, index, position);
  return gather(last, dim, index) == position;
}

/// set: dx = dy, but 0 for overwritten elements; dsource = dy at the index, but 0 for elements that
/// a later one overwrote.   add: dx = dy, dsource = dy at the index. For float16 and bfloat16 the
/// sum runs in float32 and rounds once.
Tensor scatter_as(const char* name, In x, int dim, In index, In source, Write how) {
  return apply(
      {.name = name,
       .inputs = {{*x, *source, *index}, x.location},
       .kernel =
           [=](Backend& b, Views in, Views out) {
             if (how == Write::add && is_half(in[0].dtype())) return false;
             b.copy(in[0], out[0]);
             b.scatter(out[0], dim, in[2], in[1], how);
             return true;
           },
       .formula =
           [=](const Tensors& in) { return scatter_as(name, in[0], dim, in[2], in[1], how); },
       .keep = {Keep::input(2)},
       .derivatives = {[dim, how](Dy dy, Saved s) {
                         if (how == Write::add) return dy;
                         const Tensor index = s.input(2);
                         return scatter(dy, dim, index, expanded_zeros(dy, index.shape()));
                       },
                       [dim, how](Dy dy, Saved s) {
                         const Tensor index = s.input(2), dx = gather(dy, dim, index);
                         return how == Write::add ? dx
                                                  : where(last_writes(dy, dim, index), dx, 0.0);
                       }}});
}

static void check_write(const Call& call, const Tensor& x, const Tensor& source, Write how) {
  require<DTypeError>(x.dtype() == source.dtype(), call, "x is ", to_string(x.dtype()), ", source ",
                      to_string(source.dtype()), "; convert one with to()");
  if (how == Write::add) check_arithmetic(call, x);
  require<DTypeError>(how == Write::set || x.dtype() != DType::boolean, call,
                      "bool cannot be added; convert with to(int64)");
}

/// An index [K] into dimension dim, expanded (stride 0) over the other dimensions of x.
static Tensor over_slices(const Tensor& x, int dim, const Tensor& index) {
  Shape shape = x.shape();
  shape[dim] = index.numel();
  return expand(along(index, dim, x.dim()), shape);
}

ScatterArguments check_scatter(const Call& call, const In& x, int dim, const In& index,
                               const In& source, Write how) {
  const Tensor positions = check_index(call, index);
  dim = check_dim(call, x, dim);
  check_write(call, x.given(), source.given(), how);
  if (x->dim() == 0 && index->dim() == 0 && source->dim() == 0)
    return {call, reshape(*x, {1}), 0, reshape(positions, {1}), reshape(*source, {1})};
  check_index_shape(call, x, dim, positions);
  require<ShapeError>(source->dim() == positions.dim(), call,
                      "source and index have different ranks: ", source->shape(), " and ",
                      positions.shape());
  Tensor from = *source;
  for (int d = 0; d < positions.dim(); ++d) {
    const std::int64_t size = positions.shape()[d];
    require<ShapeError>(size <= source->shape()[d], call, "along dimension ", d,
                        " index is larger than source: ", Marked{positions.shape(), d}, " and ",
                        Marked{source->shape(), d});
    if (size < from.shape()[d]) from = narrow(from, d, 0, size);
  }
  return {call, *x, dim, positions, from};
}

ScatterArguments check_slices(const Call& call, const In& x, int dim, const In& index,
                              const In& source, Write how) {
  check_write(call, *x, *source, how);
  dim = check_dim(call, *x, dim);
  require<ShapeError>(index->dim() <= 1, call, "expected an index of shape [K], got ",
                      index->shape());
  const Tensor positions = reshape(check_index(call, index), {-1});
  const Tensor to = atleast_1d({*x, x.location}), expanded = over_slices(to, dim, positions),
               from = x->dim() == 0 ? reshape(*source, {-1}) : *source;
  require<ShapeError>(from.shape() == expanded.shape(), call, "expected a source of shape ",
                      expanded.shape(), ", got ", from.shape());
  return {call, to, dim, expanded, from};
}

/// x with source written into it, in its own shape.
static Tensor written(const In& x, const ScatterArguments& a, Write how) {
  const Tensor y = a.write(a.x, a.source, how);
  return x->dim() == 0 ? reshape(y, {}) : y;
}
/// y = x, then y[.., index[j], ..] = (or +=) source[.., j, ..] for index [K].
static Tensor write_slices(const char* name, In x, int dim, In index, In source, Write how) {
  return written(x, check_slices({name, x.location}, x, dim, index, source, how), how);
}
/// The slices x[.., index[j], ..] along dim.
static Tensor select_as(const char* name, const In& x, int dim, const Tensor& index) {
  return gather_as(name, {*x, x.location}, dim, over_slices(*x, dim, index));
}

Tensor from_front(const Call& call, const In& index, std::int64_t size) {
  const Tensor i = check_index(call, index);
  return where((i < 0) == (i >= -size), i + size, i);
}

std::vector<Tensor> mask_indices(const Call& call, const Tensor& mask, const Shape& x, int first) {
  for (int d = 0; d < mask.dim(); ++d)
    require<ShapeError>(mask.shape()[d] == x[first + d], call, "a mask of shape ", mask.shape(),
                        " for dimension ", first + d, " of ", Marked{x, first + d});
  return unbind(nonzero({mask, call.location}), 1);
}

Tensor merged_index(const Call& call, const Tensors& indices, const Shape& sizes) {
  if (indices.size() == 1) return indices[0];
  Shape shape;
  for (const Tensor& index : indices) shape = broadcast_shapes(call, shape, index.shape());
  const TensorOptions integers{.dtype = DType::int64, .device = indices[0].device()};
  Tensor position = expanded_zeros(indices[0], shape);
  std::int64_t rows = 1;
  for (int d = sizes.rank() - 1; d >= 0; --d) {
    const Tensor &index = indices[std::size_t(d)], places = arange(0, sizes[d], 1, integers) * rows;
    position = position + reshape(gather_as(call.op, {places, call.location}, 0, flatten(index)),
                                  index.shape());
    rows *= sizes[d];
  }
  return position;
}

/// y[i, j, k] = x[.., index[i, j, k], ..].   dx = zeros, to which dy is added at the index.
Tensor gather_as(const char* name, In x, int dim, In index) {
  const Call call{name, x.location};
  const Tensor positions = check_index(call, index);
  dim = check_dim(call, x, dim);
  if (x->dim() == 0 && positions.dim() == 0)
    return reshape(gather_as(name, {reshape(*x, {1}), x.location}, 0, reshape(positions, {1})), {});
  check_index_shape(call, x, dim, positions);
  return apply({.name = name,
                .inputs = {{*x, positions}, x.location},
                .outputs = {{positions.shape(), x->dtype()}},
                .kernel =
                    [=](Backend& b, Views in, Views out) {
                      b.gather(in[0], dim, in[1], out[0]);
                      return true;
                    },
                .keep = {Keep::input(1)},
                .derivatives = {[dim](Dy dy, Saved s) {
                  return scatter_add(expanded_zeros(dy, s.shape(0)), dim, s.input(1), dy);
                }}});
}

Tensor gather(In x, int dim, In index) {
  return gather_as("gather", {*x, x.location}, dim, {*index, index.location});
}

Tensor scatter(In x, int dim, In index, In source) {
  const Call call{"scatter", x.location};
  return written(x, check_scatter(call, x, dim, index, source, Write::set), Write::set);
}
Tensor scatter_add(In x, int dim, In index, In source) {
  const Call call{"scatter_add", x.location};
  return written(x, check_scatter(call, x, dim, index, source, Write::add), Write::add);
}

Tensor index_select(In x, int dim, In index) {
  const Call call{"index_select", x.location};
  dim = check_dim(call, x, dim);
  require<ShapeError>(x->dim() > 0, call, "a 0-d tensor has no slices");
  require<ShapeError>(index->dim() == 1, call, "expected an index of shape [K], got ",
                      index->shape(), "; use gather, or embedding for rows by any index");
  return select_as("index_select", x, dim, check_index(call, index));
}

/// y[..., :] = w[index[...], :].
Tensor embedding(In index, In w) {
  const Call call{"embedding", index.location};
  require<ShapeError>(w->dim() == 2, call,
                      "expected a weight of shape [num_embeddings, embedding_dim], got ",
                      w->shape());
  Shape shape = index->shape();
  shape.push_back(w->shape()[1], index.location);
  return reshape(select_as("embedding", {*w, index.location}, 0, check_index(call, index)), shape);
}

Tensor one_hot(In index, std::int64_t classes) {
  const Call call{"one_hot", index.location};
  const Tensor positions = check_index(call, index);
  require(classes == -1 || classes > 0, call,
          "classes must be positive, or -1 for the largest index + 1; got ", classes);
  require(classes > 0 || positions.numel() > 0, call,
          "the number of classes cannot be inferred from an empty index; pass it");
  if (classes == -1) {
    const std::int64_t largest = max(positions).item<std::int64_t>();
    require<IndexError>(largest >= 0 && checked_add(largest, 1, classes), call,
                        "the largest index is ", largest, ", which is not a class");
  }
  Shape shape = positions.shape();
  shape.push_back(classes, index.location);
  const Tensor column = unsqueeze(positions, -1),
               one = full({}, 1, {.dtype = DType::int64, .device = positions.device()});
  return scatter_as("one_hot", {expanded_zeros(positions, shape), index.location}, positions.dim(),
                    column, expand(one, column.shape()), Write::set);
}

Tensor index_add(In x, int dim, In index, In source, Scalar alpha) {
  const Tensor scaled = alpha.real() == 1 ? *source : *source * alpha;
  return write_slices("index_add", {*x, x.location}, dim, *index, scaled, Write::add);
}
Tensor index_copy(In x, int dim, In index, In source) {
  return write_slices("index_copy", {*x, x.location}, dim, *index, *source, Write::set);
}
Tensor index_fill(In x, int dim, In index, In value) {
  const Call call{"index_fill", x.location};
  require<ShapeError>(value->dim() == 0, call, "expected a 0-d value, got shape ", value->shape(),
                      "; use index_copy");
  Shape shape = x->shape();
  if (x->dim() > 0) shape[check_dim(call, *x, dim)] = index->numel();
  return write_slices("index_fill", {*x, x.location}, dim, *index,
                      expand(cast(value, x->dtype()), shape), Write::set);
}
Tensor index_fill(In x, int dim, In index, Scalar value) {
  const Tensor filler = full({}, value, {.dtype = x->dtype(), .device = x->device()});
  return index_fill({*x, x.location}, dim, *index, filler);
}

Tensor take_along_dim(In x, In index, std::optional<int> dim) {
  if (!dim) return take_along_dim({flatten({*x, x.location}), x.location}, flatten(*index), 0);
  const Call call{"take_along_dim", x.location};
  require<ShapeError>(x->dim() == index->dim(), call,
                      "x and index have different ranks: ", x->shape(), " and ", index->shape());
  const int axis = check_dim(call, *x, *dim);
  const Tensor positions = from_front(call, index, x->dim() > 0 ? x->shape()[axis] : 1);
  if (x->dim() == 0) return gather_as(call.op, {*x, x.location}, 0, positions);
  Shape from = broadcast_shapes(call, with_ones(x->shape(), {axis}),
                                with_ones(index->shape(), {axis})),
        to = from;
  from[axis] = x->shape()[axis], to[axis] = index->shape()[axis];
  return gather_as(call.op, {expand({*x, x.location}, from), x.location}, axis,
                   expand(positions, to));
}

Tensor take(In x, In index) {
  const Tensor positions = from_front({"take", x.location}, index, x->numel());
  return reshape(gather_as("take", {flatten({*x, x.location}), x.location}, 0, flatten(positions)),
                 index->shape());
}
Tensor put(In x, In index, In source, bool accumulate) {
  const Call call{"put", x.location};
  const Tensor positions = from_front(call, index, x->numel());
  require<ShapeError>(index->numel() == source->numel(), call,
                      "expected a value for each index, got ", source->shape(), " for ",
                      index->shape());
  return reshape(write_slices("put", {flatten({*x, x.location}), x.location}, 0, flatten(positions),
                              flatten(*source), accumulate ? Write::add : Write::set),
                 x->shape());
}

/// The index tensors of index_put, with masks as the indices of their elements that are set.
static Tensors indices_of(const Call& call, const Tensor& x, const Tensors& given) {
  Tensors indices;
  for (auto& index : given) {
    const auto first = int(indices.size());
    const int rank = index.dtype() == DType::boolean ? index.dim() : 1;
    require<ShapeError>(first + rank <= x.dim(), call, "more indices than dimensions of ",
                        x.shape());
    if (index.dtype() != DType::boolean) {
      indices.push_back(from_front(call, {index, call.location}, x.shape()[first]));
      continue;
    }
    for (auto& column : mask_indices(call, index, x.shape(), first)) indices.push_back(column);
  }
  return indices;
}

Tensor index_put(In x, const Tensors& given, In values, bool accumulate) {
  const Call call{"index_put", x.location};
  const Tensors indices = indices_of(call, *x, given);
  const auto indexed = int(indices.size());
  require(indexed > 0, call, "expected at least one index");
  const Shape sizes(x->shape().begin(), indexed);
  Shape shape, matrix{sizes.count()};
  for (const Tensor& index : indices) shape = broadcast_shapes(call, shape, index.shape());
  Shape slices{shape.count()};
  for (int d = indexed; d < x->dim(); ++d) {
    matrix.push_back(x->shape()[d]), slices.push_back(x->shape()[d]);
    shape.push_back(x->shape()[d]);
  }
  // Shapes are checked before a device reads the indices.
  const Tensor source = reshape(expand(*values, shape), slices),
               position = merged_index(call, indices, sizes);
  return reshape(write_slices(call.op, {reshape({*x, x.location}, matrix), x.location}, 0,
                              flatten(position), source, accumulate ? Write::add : Write::set),
                 x->shape());
}

}  // namespace tinygrad
