// SPDX-License-Identifier: MIT
// Histograms, and the binary search for the bin of an element.
#include <bit>
#include <cmath>

#include "core/ops/internal.h"

namespace tinygrad {

/// The least and the largest element, read by the host at once.
template <class T> static std::vector<T> extremes(const Tensor& x) {
  return stack({amin(x), amax(x)}).to_vector<T>();
}

/// The positions are found bit by bit, the highest first: a step is taken if it passes only
/// elements that come before the value. NaN is the largest.
static Tensor search(In sorted, In v, bool right) {
  return apply(
      {.name = "searchsorted",
       .inputs = {sorted, v},
       .outputs = {{v->shape(), DType::int64}},
       .kernel = [=](Backend& b, Views in,
                     Views out) { return b.searchsorted(in[0], in[1], right, out[0]); },
       .formula =
           [=](const Tensors& in) {
             const Tensor& sorted = in[0];
             const Tensor v = flatten(in[1], 0, sorted.dim() == 1 ? -1 : 0);
             const int last = sorted.dim() - 1;
             const std::int64_t n = sorted.shape()[last];
             Tensor y = zeros(v.shape(), {.dtype = DType::int64, .device = v.device()});
             for (auto step = std::int64_t(std::bit_floor(std::uint64_t(n))); step; step /= 2) {
               const Tensor next = y + step, element = gather(sorted, last, minimum(next, n) - 1),
                            stops = right ? where(v == v, (v >= element) == false, false)
                                          : where(element == element, element >= v, true);
               y = where(where(next > n, true, stops), y, next);
             }
             return reshape(y, in[1].shape());
           }});
}

Tensor bincount(In x, In weights, std::int64_t min_length) {
  const Call call{"bincount", x.location};
  const Tensor values = check_index(call, x);
  require<ShapeError>(x->dim() == 1, call, "expected x of shape [n], got ", x->shape());
  require(min_length >= 0, call, "min_length must not be negative, got ", min_length);
  require<ShapeError>(!weights.defined() || weights->shape() == x->shape(), call,
                      "expected weights of shape ", x->shape(), ", got ",
                      (weights.defined() ? *weights : *x).shape());
  std::int64_t bins = min_length;
  if (values.numel() > 0) {
    const std::vector<std::int64_t> range = extremes<std::int64_t>(values);
    require(range[0] >= 0, call, "x has the negative element ", range[0]);
    require(range[1] < INT64_MAX, call, "x has an element of ", range[1]);
    bins = std::max(bins, range[1] + 1);
  }
  const Tensor added = !weights.defined()
                           ? ones(x->shape(), {.dtype = DType::int64, .device = x->device()})
                       : is_floating(weights->dtype()) ? *weights
                                                       : to(*weights, DType::float64);
  return scatter_add(expanded_zeros(added, {bins}), 0, values, added);
}

Tensor histc(In x, std::int64_t bins, double min, double max) {
  const Call call{"histc", x.location};
  check_floating(call, *x);
  require(bins > 0, call, "bins must be positive, got ", bins);
  const Tensor t = flatten(x->detach());
  if (min == max && t.numel() > 0) {
    const std::vector<double> range = extremes<double>(t);
    min = range[0], max = range[1];
  }
  require(std::isfinite(min) && std::isfinite(max) && min <= max, call, "the range from ", min,
          " to ", max, " has no bins");
  if (min == max) min -= 1, max += 1;
  const Tensor inside = where(t >= min, t <= max, false),
               bin = minimum(to((t - min) * double(bins) / (max - min), DType::int64), bins - 1);
  const Tensor counted = to(inside, DType::int64);
  return to(scatter_add(expanded_zeros(counted, {bins}), 0, where(inside, bin, 0), counted),
            x->dtype());
}

Tensor searchsorted(In sequence, In values, bool right, In sorter) {
  const Call call{"searchsorted", sequence.location};
  check_arithmetic(call, *sequence);
  require<ShapeError>(sequence->dim() > 0, call, "expected a sequence of shape [..., n], got []");
  require<DTypeError>(sequence->dtype() == values->dtype(), call, "the sequence is ",
                      to_string(sequence->dtype()), ", values ", to_string(values->dtype()),
                      "; convert one with to()");
  Shape leading = sequence->shape(), of_values = values->shape();
  const int last = leading.rank() - 1;
  leading.erase(last);
  if (last > 0 && !of_values.empty()) of_values.erase(of_values.rank() - 1);
  require<ShapeError>(last == 0 || (leading == of_values && values->dim() > 0), call,
                      "the sequence ", sequence->shape(), " and values ", values->shape(),
                      " must have the same sizes except for the last");
  Tensor sorted = sequence->detach();
  if (sorter.defined()) {
    require<ShapeError>(sorter->shape() == sequence->shape(), call, "expected a sorter of shape ",
                        sequence->shape(), ", got ", sorter->shape());
    sorted = gather_as("searchsorted", {sorted, sequence.location}, last, *sorter);
  }
  return search({sorted, sequence.location}, values->detach(), right);
}

Tensor bucketize(In x, In boundaries, bool right) {
  require<ShapeError>(boundaries->dim() == 1, Call{"bucketize", x.location},
                      "expected boundaries of shape [n], got ", boundaries->shape());
  return searchsorted({*boundaries, x.location}, *x, right);
}

}  // namespace tinygrad
