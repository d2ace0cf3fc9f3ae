// SPDX-License-Identifier: MIT
// Reductions, positions of extremes, running totals, softmax.
#include <algorithm>
#include <cmath>

#include "operator.h"

namespace tinygrad::onnx {
namespace {

/// The dimensions that a reduction works over, all of them if none are named. They are an
/// attribute, and input 1 from opset 13 (ReduceSum) or 18 on. Returns false if there is nothing to
/// reduce: with noop_with_empty_axes, no axes mean no reduction.
bool find_axes(const NodeCall& n, Axes& axes) {
  const int rank = n[0].dim();
  for (const std::int64_t axis : n.ints("axes", 1)) axes.push_back(axis_of(n, axis, rank));
  if (!axes.empty()) return true;
  if (n.integer("noop_with_empty_axes", 0)) return false;
  for (int i = 0; i < rank; ++i) axes.push_back(i);
  return rank > 0;
}

using Reduction = Tensor (*)(In x, const Axes& dims, bool keepdim);
/// before: what is done to the elements first, and if there is nothing to reduce, too; after: what
/// is done to the result.
template <Reduction f, Tensor (*before)(In) = nullptr, Tensor (*after)(In) = nullptr>
Tensors reduce(const NodeCall& n) {
  Tensor x = n[0];
  Axes axes;
  const bool reduces = find_axes(n, axes);
  if constexpr (before != nullptr) x = before(x);
  if (reduces) x = f(x, axes, n.integer("keepdims", 1) != 0);
  if constexpr (after != nullptr) x = after(x);
  return x;
}

/// The extreme values of no elements: infinities, the limits of integers, or bools.
template <bool largest> Tensor extreme(In x, const Axes& dims, bool keep) {
  const DType dtype = x->dtype();
  if (dtype == boolean) return largest ? any({*x}, dims, keep) : all({*x}, dims, keep);
  if (x->numel() > 0) return largest ? amax({*x}, dims, keep) : amin({*x}, dims, keep);
  const Scalar value = is_floating(dtype) ? Scalar(largest ? -INFINITY : INFINITY)
                       : largest          ? Scalar(integer_range(dtype).least)
                                          : Scalar(integer_range(dtype).most);
  return full_like(sum({*x}, dims, keep).to(dtype), value);
}
/// log Σ exp(x), with the infinite result of no elements.
Tensor log_sum_exp(In x, const Axes& dims, bool keep) {
  if (x->numel() == 0) return log(sum({*x}, dims, keep));
  return logsumexp({*x}, dims, keep);
}
Tensor mean_of(In x, const Axes& dims, bool keep) {
  if (is_floating(x->dtype())) return mean({*x}, dims, keep);
  const Tensor total = sum({*x}, dims, keep);
  return total / (x->numel() / std::max<std::int64_t>(total.numel(), 1));
}

/// argmax, or argmin if `largest` is false; the last of equal elements if select_last_index is set.
template <bool largest> Tensors position(const NodeCall& n) {
  const Tensor x = n[0];
  const int axis = axis_of(n, n.integer("axis", 0), x.dim());
  const bool keep = n.integer("keepdims", 1) != 0, last = n.integer("select_last_index", 0) != 0;
  const Tensor ordered = last ? flip(x, axis) : x;
  const Tensor y = largest ? argmax(ordered, axis, keep) : argmin(ordered, axis, keep);
  return last ? (x.size(axis) - 1) - y : y;
}

/// cumsum or cumprod along input 1. `exclusive` shifts the results by one element, `reverse` goes
/// from the end.
template <Tensor (*f)(In, int)> Tensors scan(const NodeCall& n, Scalar first) {
  const int axis = axis_of(n, n.scalar(1, 0).integer(), n[0].dim());
  const bool reverse = n.integer("reverse", 0) != 0;
  Tensor y = reverse ? flip(n[0], axis) : n[0];
  if (n.integer("exclusive", 0)) {
    const Tensor head =
        full_like(narrow(y, axis, 0, std::min<std::int64_t>(1, y.size(axis))), first);
    y = cat({head, slice(y, axis, 0, -1)}, axis);
  }
  y = f(y, axis);
  return reverse ? flip(y, axis) : y;
}

/// Before opset 13, softmax is taken over all dimensions from the axis on, 1 by default.
template <Tensor (*f)(In, int)> Tensors softmax_like(const NodeCall& n) {
  const Tensor x = n[0];
  const bool flattens = n.opset() < 13;
  const std::int64_t axis = n.integer("axis", flattens ? 1 : -1);
  if (!flattens) return f(x, axis_of(n, axis, x.dim()));
  const int first = axis == x.dim() ? x.dim() : axis_of(n, axis, x.dim());
  if (first == x.dim()) return f(x.unsqueeze(-1), -1).reshape(x.shape());
  return f(flatten(x, first), first).reshape(x.shape());
}
/// 1 at the first maximum along dim, otherwise 0.
Tensor hardmax(In x, int dim) {
  return zeros_like(*x).scatter(dim, argmax({*x}, dim, keepdim),
                                ones_like(argmax({*x}, dim, keepdim)).to(x->dtype()));
}

constexpr auto own = Result::own, as_first = Result::as_first;
constexpr Operator table[] = {
    {"ArgMax", position<true>, own},
    {"ArgMin", position<false>, own},
    {"CumProd", [](const NodeCall& n) { return scan<cumprod>(n, 1); }, as_first, host(1)},
    {"CumSum", [](const NodeCall& n) { return scan<cumsum>(n, 0); }, as_first, host(1)},
    {"Hardmax", softmax_like<hardmax>},
    {"LogSoftmax", softmax_like<log_softmax>},
    {"ReduceL1", reduce<sum, abs>, as_first, host(1)},
    {"ReduceL2", reduce<sum, square, sqrt>, as_first, host(1)},
    {"ReduceLogSum", reduce<sum, nullptr, log>, as_first, host(1)},
    {"ReduceLogSumExp", reduce<log_sum_exp>, as_first, host(1)},
    {"ReduceMax", reduce<extreme<true>>, as_first, host(1)},
    {"ReduceMean", reduce<mean_of>, as_first, host(1)},
    {"ReduceMin", reduce<extreme<false>>, as_first, host(1)},
    {"ReduceProd", reduce<prod>, as_first, host(1)},
    {"ReduceSum", reduce<sum>, as_first, host(1)},
    {"ReduceSumSquare", reduce<sum, square>, as_first, host(1)},
    {"Softmax", softmax_like<softmax>},
};

}  // namespace
Operators reduction_operators() { return table; }
}  // namespace tinygrad::onnx
