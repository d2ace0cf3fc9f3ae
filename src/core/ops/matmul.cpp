// SPDX-License-Identifier: MIT
// The matrix product, and the ops linear and tensordot, which use it.
#include <algorithm>

#include "core/autocast.h"
#include "core/ops/internal.h"

namespace tinygrad {

static DType product_dtype(const Call& call, const Tensor& a, const Tensor& b) {
  check_arithmetic(call, a), check_arithmetic(call, b);
  const DType dtype = result_type(call, {&a, &b});
  require<DTypeError>(dtype != DType::boolean, call,
                      "bool cannot be multiplied; convert with to(float32) or to(int64)");
  return product_precision(dtype);
}

/// The shape of a product: [..., M, K] x [..., K, N] -> [..., M, N].
static Shape product_shape(const Call& call, const Shape& a, const Shape& b) {
  require<ShapeError>(a[-1] == b[-2], call, "a has ", a[-1], " columns, b has ", b[-2],
                      " rows: ", Marked{a, -1}, " × ", Marked{b, -2});
  Shape out = a.rank() < b.rank() ? b : a;
  for (int i = 3; i <= std::min(a.rank(), b.rank()); ++i) {
    require<ShapeError>(a[-i] == b[-i] || a[-i] == 1 || b[-i] == 1, call,
                        "the batches do not broadcast: ", Marked{a, -i}, " × ", Marked{b, -i});
    out[-i] = a[-i] == 1 ? b[-i] : a[-i];
  }
  out[-2] = a[-2], out[-1] = b[-1];
  return out;
}

/// The matrices of v, broadcast with stride 0 to the batch dimensions of `out`.
static View batched(const View& v, Shape out) {
  out[-2] = v.size(-2), out[-1] = v.size(-1);
  return v.broadcast_to(out);
}

/// y = a b, for a and b of the same dtype and at least rank 2.   da = dy bᵀ, db = aᵀ dy; the
/// backward pass sums over the batch dimensions that were broadcast.
static Tensor batched_matmul(In a, In b, SourceLocation location) {
  return apply(
      {.name = "matmul",
       .inputs = {{*a, *b}, location},
       .outputs = {{product_shape({"matmul", location}, a->shape(), b->shape()), a->dtype()}},
       .kernel =
           [](Backend& backend, Views in, Views out) {
             backend.matmul(batched(in[0], out[0].shape()), batched(in[1], out[0].shape()), out[0]);
             return true;
           },
       .keep = {Keep::input(1).when(0), Keep::input(0).when(1)},
       .derivatives = {[](Dy dy, Saved s) { return matmul(dy, transposed(s.input(1))); },
                       [](Dy dy, Saved s) { return matmul(transposed(s.input(0)), dy); }}});
}

/// y = x wᵀ + b.  x [N, K], w [M, K], b [M] or not given.   dx = dy w, dw = dyᵀ x, db = Σ_n dy.
static Tensor linear_rows(In x, In w, In b, SourceLocation location) {
  return apply({.name = "linear",
                .inputs = {{*x, *w, *b}, location},
                .outputs = {{{x->shape()[0], w->shape()[0]}, x->dtype()}},
                .kernel = [](Backend& backend, Views in,
                             Views out) { return backend.linear(in[0], in[1], in[2], out[0]); },
                .formula =
                    [](const Tensors& in) {
                      Tensor y = matmul(in[0], transposed(in[1]));
                      return in[2].defined() ? y + in[2] : y;
                    },
                .keep = {Keep::input(1).when(0), Keep::input(0).when(1)},
                .derivatives = {[](Dy dy, Saved s) { return matmul(dy, s.input(1)); },
                                [](Dy dy, Saved s) { return matmul(transposed(dy), s.input(0)); },
                                [](Dy dy, Saved) { return sum(dy, 0); }}});
}

static void check_linear(const Call& call, const Tensor& x, const Tensor& w, const Tensor& b) {
  require<ShapeError>(w.dim() == 2, call,
                      "expected a weight of shape [out_features, in_features], got ", w.shape());
  require<ShapeError>(x.dim() > 0, call,
                      "x must have at least one dimension, its features; the weight is ",
                      w.shape());
  require<ShapeError>(x.shape()[-1] == w.shape()[1], call, "x has ", x.shape()[-1],
                      " features, but the weight expects ", w.shape()[1], ": ",
                      Marked{x.shape(), -1}, " × ", Marked{w.shape(), 1}, "ᵀ");
  if (b.defined())
    require<ShapeError>(b.dim() == 1 && b.shape()[0] == w.shape()[0], call,
                        "expected a bias of shape [", w.shape()[0], "] for the weight ", w.shape(),
                        ", got ", b.shape());
}

Tensor matmul(In a, In b) {
  const Call call{"matmul", a.location};
  require<ShapeError>(a->dim() > 0 && b->dim() > 0, call, "expected vectors or matrices, got ",
                      a->shape(), " × ", b->shape(), "; multiply scalars with *");
  const DType dtype = product_dtype(call, a, b);
  const Tensor x = cast({*a, a.location}, dtype), y = cast({*b, a.location}, dtype);
  if (x.dim() == 1 || y.dim() == 1) {  // a row on the left, a column on the right
    require<ShapeError>(x.shape()[-1] == y.shape()[y.dim() == 1 ? 0 : -2], call,
                        "the inner sizes differ: ", Marked{x.shape(), -1}, " × ",
                        Marked{y.shape(), y.dim() == 1 ? 0 : -2});
    const Tensor product = batched_matmul(x.dim() == 1 ? unsqueeze(x, 0) : x,
                                          y.dim() == 1 ? unsqueeze(y, 1) : y, a.location);
    const Tensor rows = y.dim() == 1 ? squeeze(product, -1) : product;
    return x.dim() == 1 ? squeeze(rows, y.dim() == 1 ? -1 : -2) : rows;
  }
  if (x.dim() > 2 && y.dim() == 2 && x.is_contiguous()) {  // all rows of the batch are one matrix:
                                                           // its derivatives too are one product
    const Shape shape = product_shape(call, x.shape(), y.shape());
    return reshape(batched_matmul(flatten(x, 0, -2), y, a.location), shape);
  }
  return batched_matmul(x, y, a.location);
}
Tensor linear(In x, In w, In b) {
  const Call call{"linear", x.location};
  check_linear(call, x, w, b);
  const DType dtype = product_dtype(call, x, w);
  check_parameter(call, x, w, "the weight"), check_parameter(call, x, b, "the bias");
  const Tensor weight = cast(*w, dtype), bias = b.defined() ? cast(*b, dtype) : Tensor();
  if (x->dim() == 2) return linear_rows(cast(*x, dtype), weight, bias, x.location);
  Shape shape = x->shape(), rows = shape;
  rows.erase(rows.rank() - 1);
  shape[-1] = w->shape()[0];
  return reshape(linear_rows(reshape(cast(*x, dtype), {rows.count(), x->shape()[-1]}), weight, bias,
                             x.location),
                 shape);
}

// ------------------------------------------------------------ tensordot

static Dims range(int start, int end) {
  Dims dims;
  for (int i = start; i < end; ++i) dims.push_back(i);
  return dims;
}
static std::int64_t count_of(const Shape& shape, const Dims& dims) {
  Shape sizes;
  for (std::int64_t d : dims) sizes.push_back(shape[int(d)]);
  return sizes.count();
}
/// dims as positions 0 ... rank - 1 in the caller's order. Each must appear once.
static Dims positions(const Call& call, const Tensor& x, const Dims& dims) {
  Dims result;
  for (std::int64_t dim : dims) {
    const int position = check_dim(call, x, dim);
    require<ShapeError>(position < x.dim(), call, "a 0-d tensor has no dimension ", dim);
    require(!result.contains(position), call, "dimension ", dim, " is named twice in ", dims);
    result.push_back(position);
  }
  return result;
}
/// The dimensions of x that are not in dims.
static Dims others(const Tensor& x, const Dims& dims) {
  Dims rest;
  for (int i = 0; i < x.dim(); ++i)
    if (!dims.contains(i)) rest.push_back(i);
  return rest;
}
/// x as a matrix: the dimensions `rows` are merged into its rows, `columns` into its columns.
static Tensor as_matrix(const Tensor& x, const Dims& rows, const Dims& columns) {
  Dims order = rows;
  for (std::int64_t d : columns) order.push_back(d);
  return reshape(permute(x, order), {count_of(x.shape(), rows), count_of(x.shape(), columns)});
}

Tensor tensordot(In a, In b, const Dims& dims_a, const Dims& dims_b) {
  const Call call{"tensordot", a.location};
  require(dims_a.rank() == dims_b.rank(), call, "expected as many dimensions of a as of b, got ",
          dims_a, " and ", dims_b);
  const Dims sum_a = positions(call, a, dims_a), sum_b = positions(call, b, dims_b);
  for (int i = 0; i < sum_a.rank(); ++i) {
    const int p = int(sum_a[i]), q = int(sum_b[i]);
    require<ShapeError>(a->shape()[p] == b->shape()[q], call,
                        "the contracted sizes differ: ", Marked{a->shape(), p}, " and ",
                        Marked{b->shape(), q});
  }
  const Dims free_a = others(a, sum_a), free_b = others(b, sum_b);
  Shape shape;
  for (std::int64_t d : free_a) shape.push_back(a->shape()[int(d)]);
  for (std::int64_t d : free_b) shape.push_back(b->shape()[int(d)], a.location);
  return reshape(matmul({as_matrix(a, free_a, sum_a), a.location}, as_matrix(b, sum_b, free_b)),
                 shape);
}

Tensor tensordot(In a, In b, int n) {
  require<ShapeError>(n >= 0 && n <= a->dim() && n <= b->dim(), Call{"tensordot", a.location},
                      "cannot sum over ", n, " dimensions of ", a->shape(), " and ", b->shape());
  return tensordot({*a, a.location}, {*b, b.location}, range(a->dim() - n, a->dim()), range(0, n));
}

}  // namespace tinygrad
