// SPDX-License-Identifier: MIT
// Rows: reductions, softmax and its logarithm.
#include <cmath>

#include "table.h"

namespace opinfo {
namespace {

Axes axes(Sample& x) {
  const json* dims = x.find(0, "dim");
  return dims ? Axes(dims_of(*dims)) : Axes();
}
/// The input, converted to the argument dtype first.
Tensor converted_input(Sample& x, std::size_t position = by_name) {
  const Tensor t = x.input();
  return t.to(x.dtype(t.dtype(), position));
}

template <class F> Row reduction(F f) {
  return [f](Sample& x) {
    const Tensor t = converted_input(x);
    const Tensor y = f(t, axes(x), x.flag(1, "keepdim"));
    if (x.has(by_name, "dtype") && y.dtype() != t.dtype())
      throw Skip{"sums and products of integers as other integers than int64"};
    return y;
  };
}
#define REDUCTION(name) \
  reduction([](const Tensor& x, const Axes& dims, bool keep) { return name(x, dims, keep); })

template <class F> Row values_indices(F f) {
  return [f](Sample& x) {
    const auto [values, indices] = f(x.input(), x.int_at(0, "dim", 0), x.flag(1, "keepdim"));
    return Tensors{values, indices};
  };
}
#define VALUES_INDICES(name) \
  values_indices([](const Tensor& x, int dim, bool keep) { return name(x, dim, keep); })

/// The position of an extreme value, in all elements or along a dimension.
template <class All, class Along> Row position(All all, Along along) {
  return [all, along](Sample& x) -> Tensor {
    const Tensor t = x.input();
    const bool keep = x.flag(1, "keepdim");
    if (x.has(0, "dim")) return along(t, x.int_at(0, "dim", 0), keep);
    const Tensor y = all(t);
    return keep ? y.reshape(Dims::filled(t.dim(), 1)) : y;
  };
}
#define POSITION(name)                              \
  position([](const Tensor& x) { return name(x); }, \
           [](const Tensor& x, int dim, bool keep) { return name(x, dim, keep); })

/// var(x, unbiased), var(x, dim, unbiased, keepdim) or var(x, dim, correction, keepdim).
int correction(Sample& x, std::size_t position) {
  if (x.has(position, "unbiased")) return x.flag(position, "unbiased") ? 1 : 0;
  const double value = x.real(by_name, "correction", 1);
  if (value != std::floor(value)) throw Skip{"correction = " + std::to_string(value)};
  return int(value);
}
Tensor var_row(Sample& x) {
  const json* first = x.find(0, "dim");
  const bool no_dims = x.count() == 1 && first && first->is_boolean();
  const Axes dims = no_dims ? Axes() : axes(x);
  return var(x.input(), dims, correction(x, no_dims ? 0 : 1), x.flag(by_name, "keepdim"));
}

template <class F> Row along_dim(F f, std::size_t dtype_position = by_name) {
  return [f, dtype_position](Sample& x) {
    return f(converted_input(x, dtype_position), x.int_at(0, "dim", 0));
  };
}

}  // namespace

Rows reduce_rows() {
  const auto softmax_of = [](const Tensor& x, int dim) { return softmax(x, dim); };
  const auto log_softmax_of = [](const Tensor& x, int dim) { return log_softmax(x, dim); };
  return {{"sum", REDUCTION(sum)},
          {"mean", REDUCTION(mean)},
          {"prod", REDUCTION(prod)},
          {"amax", REDUCTION(amax)},
          {"amin", REDUCTION(amin)},
          {"any", REDUCTION(any)},
          {"all", REDUCTION(all)},
          {"logsumexp", REDUCTION(logsumexp)},
          {"var", var_row},
          {"var.unbiased", var_row},
          {"max.reduction_no_dim", [](Sample& x) { return max(x.input()); }},
          {"min.reduction_no_dim", [](Sample& x) { return min(x.input()); }},
          {"max.reduction_with_dim", VALUES_INDICES(max)},
          {"min.reduction_with_dim", VALUES_INDICES(min)},
          {"argmax", POSITION(argmax)},
          {"argmin", POSITION(argmin)},
          {"softmax", along_dim(softmax_of, 1)},
          {"softmax.with_dtype", along_dim(softmax_of)},
          {"log_softmax", along_dim(log_softmax_of, 1)},
          {"log_softmax.with_dtype", along_dim(log_softmax_of)}};
}

}  // namespace opinfo
