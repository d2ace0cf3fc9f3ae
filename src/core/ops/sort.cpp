// SPDX-License-Identifier: MIT
// Sorting, and the ops that read sorted elements. The one kernel is argsort; values are gathered at
// its indices, which also gives their derivative.
#include <bit>
#include <limits>

#include "core/ops/internal.h"

namespace tinygrad {
namespace {

/// a < b, where NaN is larger than every other value.
Tensor less_or_nan(const Tensor& a, const Tensor& b) {
  return where(a == a, (a >= b) == false, false);
}

/// The value that comes last in the order.
Scalar last_value(DType dtype, bool descending) {
  const auto [least, most] = integer_range(dtype);
  if (!is_floating(dtype)) return descending ? least : most;
  using Limits = std::numeric_limits<double>;
  return descending ? -Limits::infinity() : Limits::quiet_NaN();
}

/// The order of each row of x (the last dimension), by a bitonic network: log² n rounds, in each of
/// which every element meets one other (Batcher 1968). Of equal elements, that with the lower index
/// comes first.
Tensor argsort_rows(const Tensor& x, bool descending) {
  const int last = x.dim() - 1;
  const std::int64_t n = x.shape()[last],
                     width =
                         std::int64_t(std::bit_ceil(std::uint64_t(std::max<std::int64_t>(n, 1))));
  const Tensor padded = pad(x, {0, width - n}, last_value(x.dtype(), descending));
  const Tensor position = arange(0, width, 1, {.dtype = DType::int64, .device = x.device()});
  Tensor index = expand(position, padded.shape());
  const auto meet = [&](std::int64_t mask) {
    std::vector<std::int64_t> partners;
    for (std::int64_t i = 0; i < width; ++i) partners.push_back(i ^ mask);
    const Tensor partner = expand(from_vector(partners, x.device()), padded.shape()),
                 other = gather(index, last, partner), a = gather(padded, last, index),
                 b = gather(padded, last, other);
    const Tensor a_first = descending ? less_or_nan(b, a) : less_or_nan(a, b),
                 b_first = descending ? less_or_nan(a, b) : less_or_nan(b, a);
    const Tensor takes_other = where(b_first, true, where(a_first, false, other < index));
    index = where(takes_other == (position < partner), other, index);
  };
  for (std::int64_t size = 2; size <= width; size *= 2) {
    meet(size - 1);
    for (std::int64_t mask = size / 4; mask > 0; mask /= 2) meet(mask);
  }
  return narrow(index, last, 0, n);
}

Tensor argsort_as(const char* name, const In& x, int dim, bool descending) {
  const int at = check_dim(name, x, dim);
  check_arithmetic({name, x.location}, *x);
  if (x->dim() == 0)
    return reshape(argsort_as(name, {reshape(*x, {1}), x.location}, 0, descending), {});
  return apply({.name = name,
                .inputs = {{*x}, x.location},
                .outputs = {{x->shape(), DType::int64}},
                .kernel = [=](Backend& b, Views in,
                              Views out) { return b.argsort(in[0], at, descending, out[0]); },
                .formula =
                    [=](const Tensors& in) {
                      return transpose(argsort_rows(transpose(in[0], at, -1), descending), at, -1);
                    }});
}

/// The positions first ... first + count - 1 of argsort's result.
Tensor argselect(const char* name, const In& x, int dim, bool descending, std::int64_t first,
                 std::int64_t count) {
  if (x->dim() == 0) return argsort_as(name, x, dim, descending);
  check_arithmetic({name, x.location}, *x);
  Shape shape = x->shape();
  shape[dim] = count;
  return apply(
      {.name = name,
       .inputs = {{*x}, x.location},
       .outputs = {{shape, DType::int64}},
       .kernel = [=](Backend& b, Views in,
                     Views out) { return b.argselect(in[0], dim, descending, first, out[0]); },
       .formula =
           [=](const Tensors& in) {
             return narrow(argsort_as(name, in[0], dim, descending), dim, first, count);
           }});
}

/// The elements of x at positions along a dimension.
ValuesIndices at_index(const In& x, int dim, const Tensor& index) {
  return {gather({*x, x.location}, dim, index), index};
}
/// The same for one position, whose dimension is removed unless keepdim is set.
ValuesIndices at_one_index(const In& x, int dim, const Tensor& index, bool keepdim) {
  const auto [values, indices] = at_index(x, dim, index);
  if (keepdim) return {values, indices};
  return {squeeze(values, dim), squeeze(indices, dim)};
}

/// The size of a dimension, which must have at least k elements.
void check_count(const Call& call, const Tensor& x, int dim, std::int64_t k, std::int64_t least) {
  const std::int64_t n = x.dim() == 0 ? 1 : x.shape()[dim];
  require(k >= least && k <= n, call, "k = ", k, " is not in [", least, ", ", n,
          "], for dimension ", dim, " of shape ", x.shape());
}
void check_not_empty(const Call& call, const Tensor& x, int dim) {
  require<ShapeError>(x.dim() == 0 || x.shape()[dim] > 0, call,
                      "there is no element to choose from in dimension ", dim, " of shape ",
                      x.shape());
}

/// The integers start, start + step ... along dimension dim of x, as many as it has elements.
Tensor count_along(const Tensor& x, int dim, std::int64_t start, std::int64_t step) {
  const std::int64_t end = start + x.shape()[dim] * step;
  return along(arange(start, end, step, {.dtype = DType::int64, .device = x.device()}), dim,
               x.dim());
}

/// The element of rank (n - 1) / 2, or the first NaN if there is one.
ValuesIndices median_as(const char* name, const In& x, int dim, bool keepdim) {
  const Tensor middle = argselect(name, x, dim, false, (x->shape()[dim] - 1) / 2, 1);
  if (!is_floating(x->dtype())) return at_one_index(x, dim, middle, keepdim);
  const Tensor t = x->detach(), nan = argmax(t, dim, tinygrad::keepdim),
               largest = gather(t, dim, nan);
  return at_one_index(x, dim, where(largest == largest, middle, nan), keepdim);
}
/// The element of rank (n - 1) / 2 among the n that are not NaN.
ValuesIndices nanmedian_as(const char* name, const In& x, int dim, bool keepdim) {
  const Tensor order = argsort_as(name, x, dim, false),
               count = sum(*x == *x, dim, tinygrad::keepdim),
               rank = sum(count_along(*x, dim, 2, 2) < count, dim, tinygrad::keepdim);
  return at_one_index(x, dim, gather(order, dim, rank), keepdim);
}
/// `along` of the checked dimension.
ValuesIndices median_along(const char* name, const In& x, int dim, bool keepdim,
                           decltype(median_as)& along) {
  const int at = check_dim(name, x, dim);
  check_not_empty({name, x.location}, *x, at);
  if (x->dim() > 0) return along(name, x, at, keepdim);
  return along(name, {reshape(*x, {1}), x.location}, 0, false);
}
Tensor median_of_all(const char* name, const In& x, decltype(median_as)& along) {
  if (x->numel() == 0 && is_floating(x->dtype()))
    return full({}, std::numeric_limits<double>::quiet_NaN(),
                {.dtype = x->dtype(), .device = x->device()});
  return median_along(name, {flatten({*x, x.location}), x.location}, 0, false, along).values;
}

/// x with the dimensions dims moved last and merged into one.
Tensor as_rows(const Tensor& x, const Dims& dims) {
  Dims order;
  for (int i = 0; i < x.dim(); ++i)
    if (!dims.contains(i)) order.push_back(i);
  Shape shape = without(x.shape(), dims);
  std::int64_t size = 1;
  for (std::int64_t dim : dims) order.push_back(dim), size *= x.shape()[int(dim)];
  shape.push_back(size);
  return reshape(permute(x, order), shape);
}

/// The quantiles along dims, stacked along a new first dimension.
Tensor quantiles(const char* name, const In& x, const std::vector<double>& q, const Axes& dims,
                 bool keepdim, Interpolation how, bool ignores_nan) {
  const Call call{name, x.location};
  check_floating(call, *x);
  const Dims over = check_dims(call, *x, dims);
  for (double fraction : q)
    require(fraction >= 0 && fraction <= 1, call, "q = ", fraction, " is not in [0, 1]");
  const Tensor rows = as_rows(*x, over);
  const int last = rows.dim() - 1;
  require<ShapeError>(rows.shape()[last] > 0, call, "there is no element to choose from in shape ",
                      x->shape());
  // Ranks of long rows need more digits than float32 has.
  const DType real = backend_of(*x).has(DType::float64) ? DType::float64 : DType::float32;
  const double end = double(rows.shape()[last] - 1);
  const Tensor fractions = from_data(q.data(), DType::float64, {std::int64_t(q.size())},
                                     {.dtype = real, .device = x->device()});
  const Tensor nans = to(sum(rows != rows, last, tinygrad::keepdim), real),
               rank = ignores_nan ? fractions * maximum(end - nans, 0)
                                  : where(nans > 0, end, fractions * end);  // [..., Q]
  const Tensor sorted = gather(rows, last, argsort_as(name, rows, last, false));
  const auto at = [&](const Tensor& r) { return gather(sorted, last, to(r, DType::int64)); };
  const Tensor low = floor(rank), high = ceil(rank);
  const Tensor y = how == Interpolation::lower     ? at(low)
                   : how == Interpolation::higher  ? at(high)
                   : how == Interpolation::nearest ? at(round(rank))
                   : how == Interpolation::midpoint
                       ? lerp(at(low), at(high), 0.5)
                       : lerp(at(low), at(high), to(rank - low, rows.dtype()));
  Shape shape = keepdim ? with_ones(x->shape(), over) : without(x->shape(), over);
  Dims to_front = {last};
  for (int i = 0; i < last; ++i) to_front.push_back(i);
  shape.insert(0, std::int64_t(q.size()));
  return reshape(permute(y, to_front), shape);
}

}  // namespace

ValuesIndices sort(In x, int dim, bool descending) {
  const Tensor index = argsort_as("sort", x, dim, descending);
  return at_index(x, dim, index);
}
Tensor argsort(In x, int dim, bool descending) { return argsort_as("argsort", x, dim, descending); }
Tensor msort(In x) { return at_index(x, 0, argsort_as("msort", x, 0, false)).values; }

ValuesIndices topk(In x, std::int64_t k, int dim, bool largest) {
  const int at = check_dim("topk", x, dim);
  check_count({"topk", x.location}, *x, at, k, 0);
  return at_index(x, at, argselect("topk", x, at, largest, 0, k));
}
ValuesIndices kthvalue(In x, std::int64_t k, int dim, bool keepdim) {
  const int at = check_dim("kthvalue", x, dim);
  check_count({"kthvalue", x.location}, *x, at, k, 1);
  return at_one_index(x, at, argselect("kthvalue", x, at, false, k - 1, 1), keepdim);
}

Tensor median(In x) { return median_of_all("median", x, median_as); }
ValuesIndices median(In x, int dim, bool keepdim) {
  return median_along("median", x, dim, keepdim, median_as);
}
Tensor nanmedian(In x) { return median_of_all("nanmedian", x, nanmedian_as); }
ValuesIndices nanmedian(In x, int dim, bool keepdim) {
  return median_along("nanmedian", x, dim, keepdim, nanmedian_as);
}

/// In the sorted row, the position since which the value has been the same grows less than the
/// element's own: the first element with the largest difference ends the longest run.
ValuesIndices mode(In x, int dim, bool keepdim) {
  const int at = check_dim("mode", x, dim);
  check_not_empty({"mode", x.location}, *x, at);
  if (x->dim() == 0) return mode({reshape(*x, {1}), x.location}, 0, false);
  const std::int64_t n = x->shape()[at];
  const Tensor order = argsort_as("mode", x, at, false), sorted = gather(x->detach(), at, order),
               position = expand(count_along(*x, at, 0, 1), x->shape());
  const Tensor changes = narrow(sorted, at, 1, n - 1) != narrow(sorted, at, 0, n - 1),
               starts = where(changes, narrow(position, at, 1, n - 1), 0);
  const Tensor since =
      cummax(cat({narrow(position, at, 0, 1), starts}, at), at).values;  // position[0] is 0
  return at_one_index(x, at, gather(order, at, argmax(position - since, at, tinygrad::keepdim)),
                      keepdim);
}

Tensor quantile(In x, const std::vector<double>& q, const Axes& dims, bool keepdim,
                Interpolation interpolation) {
  return quantiles("quantile", x, q, dims, keepdim, interpolation, false);
}
Tensor quantile(In x, double q, const Axes& dims, bool keepdim, Interpolation interpolation) {
  return squeeze(quantiles("quantile", x, {q}, dims, keepdim, interpolation, false), 0);
}
Tensor nanquantile(In x, const std::vector<double>& q, const Axes& dims, bool keepdim,
                   Interpolation interpolation) {
  return quantiles("nanquantile", x, q, dims, keepdim, interpolation, true);
}
Tensor nanquantile(In x, double q, const Axes& dims, bool keepdim, Interpolation interpolation) {
  return squeeze(quantiles("nanquantile", x, {q}, dims, keepdim, interpolation, true), 0);
}

}  // namespace tinygrad
