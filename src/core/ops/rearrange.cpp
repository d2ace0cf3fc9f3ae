// SPDX-License-Identifier: MIT
// Reversed, rotated, shifted and repeated copies.
#include "core/ops/internal.h"

namespace tinygrad {

/// A copy of x in which dimension dim is repeated: [a, b] as [a, b, a, b], or interleaved as [a, a,
/// b, b].
static Tensor repeated(const Tensor& x, int dim, std::int64_t times, bool interleaved) {
  Shape shape = x.shape();
  shape.insert(dim + interleaved, times);
  return flatten(expand(unsqueeze(x, dim + interleaved), shape), dim, dim + 1);
}
/// The transpose of repeated(): the sum over the copies, for a dimension of `size` elements.
static Tensor sum_of_copies(Dy dy, int dim, std::int64_t size, std::int64_t times,
                            bool interleaved) {
  const Shape copies = interleaved ? Shape{size, times} : Shape{times, size};
  return sum(unflatten(dy, dim, copies), dim + interleaved);
}

/// It is a copy of the view with negative strides, which only a kernel may see.   dx = dy, flipped.
Tensor flip(In x, const Axes& dims) {
  const Dims axes = dims.empty() ? Dims() : check_dims({"flip", x.location}, *x, dims);
  return apply({.name = "flip",
                .inputs = {x},
                .kernel =
                    [axes](Backend& b, Views in, Views out) {
                      Strides strides = in[0].strides();
                      std::int64_t first = in[0].offset();
                      for (const std::int64_t dim : axes) {
                        const int d = int(dim);
                        first += in[0].count() ? (in[0].size(d) - 1) * strides[d] : 0;
                        strides[d] = -strides[d];
                      }
                      b.copy(in[0].reshaped(in[0].shape(), strides, first), out[0]);
                      return true;
                    },
                .derivatives = {[axes](Dy dy, Saved) { return flip(dy, axes); }}});
}
Tensor fliplr(In x) {
  require<ShapeError>(x->dim() > 1, Call{"fliplr", x.location},
                      "expected at least two dimensions, got shape ", x->shape());
  return flip({*x, x.location}, 1);
}
Tensor flipud(In x) {
  require<ShapeError>(x->dim() > 0, Call{"flipud", x.location}, "a 0-d tensor has no rows");
  return flip({*x, x.location}, 0);
}

Tensor rot90(In x, std::int64_t k, const Dims& dims) {
  const Call call{"rot90", x.location};
  require(dims.rank() == 2, call, "expected two dimensions, got ", dims);
  require<ShapeError>(x->dim() > 1, call, "expected at least two dimensions, got shape ",
                      x->shape());
  const int a = check_dim(call, *x, dims[0]), b = check_dim(call, *x, dims[1]);
  require(a != b, call, "dimension ", dims[0], " is named twice in ", dims);
  const std::int64_t quarters = k & 3;  // k modulo 4
  if (quarters % 2 == 0) return flip({*x, x.location}, quarters ? Dims{a, b} : Dims());
  return transpose(flip({*x, x.location}, quarters == 1 ? b : a), a, b);
}

/// dx = dy, rolled back.
Tensor roll(In x, std::int64_t shift, int dim) {
  const Call call{"roll", x.location};
  require<IndexError>(x->dim() > 0, call, "a 0-d tensor has no dimension ", dim);
  const int axis = check_dim(call, *x, dim);
  const std::int64_t size = std::max<std::int64_t>(x->shape()[axis], 1),
                     to = (shift % size + size) % size, rest = x->shape()[axis] - to;
  return apply({.name = "roll",
                .inputs = {x},
                .kernel =
                    [=](Backend& b, Views in, Views out) {
                      b.copy(in[0].narrow(axis, 0, rest), out[0].narrow(axis, to, rest));
                      b.copy(in[0].narrow(axis, rest, to), out[0].narrow(axis, 0, to));
                      return true;
                    },
                .derivatives = {[axis, to](Dy dy, Saved) { return roll(dy, -to, axis); }}});
}
Tensor roll(In x, const Dims& shifts, const Dims& dims) {
  require(shifts.rank() == dims.rank() && !dims.empty(), Call{"roll", x.location},
          "expected a shift for each dimension, got shifts ", shifts, " and dimensions ", dims);
  Tensor y = *x;
  for (int i = 0; i < dims.rank(); ++i) y = roll({y, x.location}, shifts[i], int(dims[i]));
  return y;
}
Tensor roll(In x, std::int64_t shift) {
  return reshape(roll({flatten({*x, x.location}), x.location}, shift, 0), x->shape());
}

/// dx = Σ dy over the copies.
Tensor repeat(In x, const Dims& times) {
  const Call call{"repeat", x.location};
  const int extra = times.rank() - x->dim();
  require<ShapeError>(extra >= 0, call, "expected ", x->dim(), " numbers of copies for shape ",
                      x->shape(), ", got ", times);
  for (const std::int64_t n : times)
    require(n >= 0, call, "the numbers of copies must not be negative, got ", times);
  Shape shape = Dims::filled(extra, 1);
  for (const std::int64_t size : x->shape()) shape.push_back(size);
  return apply({.name = "repeat",
                .inputs = {x},
                .formula =
                    [&](const Tensors& in) {
                      Tensor y = reshape(in[0], shape);
                      for (int d = 0; d < times.rank(); ++d)
                        if (times[d] != 1) y = repeated(y, d, times[d], false);
                      return y;
                    },
                .derivatives = {[times, shape](Dy dy, Saved s) {
                  Tensor dx = dy;
                  for (int d = 0; d < times.rank(); ++d)
                    if (times[d] != 1) dx = sum_of_copies(dx, d, shape[d], times[d], false);
                  return reshape(dx, s.shape(0));
                }}});
}
Tensor tile(In x, const Dims& times) {
  Dims all = times;
  while (all.rank() < x->dim()) all.insert(0, 1);
  return repeat({*x, x.location}, all);
}

/// dx = Σ dy over the copies.
Tensor repeat_interleave(In x, std::int64_t times, std::optional<int> dim) {
  if (!dim) return repeat_interleave({flatten({*x, x.location}), x.location}, times, 0);
  const Call call{"repeat_interleave", x.location};
  const int axis = check_dim(call, *x, *dim);
  require(times >= 0, call, "the number of copies must not be negative, got ", times);
  const Tensor line = atleast_1d({*x, x.location});
  return apply({.name = "repeat_interleave",
                .inputs = {{line}, x.location},
                .formula = [=](const Tensors& in) { return repeated(in[0], axis, times, true); },
                .derivatives = {[axis, times](Dy dy, Saved s) {
                  return sum_of_copies(dy, axis, s.shape(0)[axis], times, true);
                }}});
}
Tensor repeat_interleave(In x, In times, std::optional<int> dim) {
  if (!dim) return repeat_interleave({flatten({*x, x.location}), x.location}, *times, 0);
  const Call call{"repeat_interleave", x.location};
  const int axis = check_dim(call, *x, *dim);
  const Tensor line = atleast_1d({*x, x.location}), counts = check_index(call, times);
  const std::int64_t size = line.shape()[axis];
  if (counts.numel() == 1)
    return repeat_interleave({line, x.location}, counts.item<std::int64_t>(), axis);
  require<ShapeError>(counts.dim() == 1 && counts.numel() == size, call,
                      "expected a number of copies for each of the ", size,
                      " elements of dimension ", *dim, ", got shape ", counts.shape());
  const std::vector<std::int64_t> copies = counts.to_vector<std::int64_t>();
  std::vector<std::int64_t> index;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    require(copies[i] >= 0, call, "the number of copies must not be negative, got ", copies[i]);
    require<ShapeError>(checked_add(total, copies[i], total) && total < std::int64_t(1) << 48, call,
                        copies[i], " copies are too many");
    index.insert(index.end(), std::size_t(copies[i]), std::int64_t(i));
  }
  return index_select({line, x.location}, axis, from_vector(index, x->device()));
}

}  // namespace tinygrad
