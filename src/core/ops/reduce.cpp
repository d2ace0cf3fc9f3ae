// SPDX-License-Identifier: MIT
// Reductions over any dimensions. The kernels keep the rank and give reduced dimensions size 1; a
// view removes these afterwards.
#include "core/autocast.h"
#include "core/node.h"
#include "core/ops/internal.h"

namespace tinygrad {

/// Removes the dimensions dims, which have size 1, unless keepdim is set.
static Tensor squeezed(const In& reduced, const Dims& dims, bool keepdim) {
  return keepdim ? *reduced
                 : reshape({*reduced, reduced.location}, without(reduced->shape(), dims));
}

/// A reduction to `dtype` that keeps the rank. The kernel converts what it reads, so there is no
/// copy of x in a wider dtype.
static Tensor reduce(const char* name, Reduce op, const In& x, const Dims& dims, DType dtype,
                     SmallVector<Keep, 6> keep, Derivatives derivatives) {
  return apply({.name = name,
                .inputs = {x},
                .outputs = {{with_ones(x->shape(), dims), dtype}},
                .kernel = [op](Backend& b, Views in,
                               Views out) { return b.reduce(op, in[0], out[0]), true; },
                .keep = std::move(keep),
                .derivatives = std::move(derivatives)});
}

/// The dtype of sums and products of x.
static DType total_dtype(const Tensor& x) {
  return is_floating(x.dtype()) ? wide_precision(x.dtype()) : DType::int64;
}

/// Checks that the reduced dimensions are not empty, since max and min of no elements do not exist.
static void check_not_empty(const Call& call, const Tensor& x, const Dims& dims) {
  require<ShapeError>(reduced_count(x, dims) > 0 || without(x.shape(), dims).count() == 0, call,
                      "there is no element to choose from in shape ", x.shape());
}

/// y = Σ x.   dx = dy, expanded to the shape of x.
Tensor sum(In x, const Axes& dims, bool keepdim) {
  const Dims over = check_dims({"sum", x.location}, *x, dims);
  check_arithmetic({"sum", x.location}, *x);
  const Tensor y =
      reduce("sum", Reduce::sum, x, over, total_dtype(x), {},
             [dtype = x->dtype()](Dy dy, Saved s) { return expand(to(dy, dtype), s.shape(0)); });
  return squeezed({y, x.location}, over, keepdim);
}

Tensor sum_to(In x, const Shape& shape) {
  if (x->shape() == shape) return *x;
  const int lead = x->dim() - shape.rank();
  Dims extra;
  for (int i = 0; i < x->dim(); ++i)
    if (i < lead || (shape[i - lead] == 1 && x->shape()[i] != 1)) extra.push_back(i);
  return reshape(extra.empty() ? *x : sum({*x, x.location}, extra, keepdim), shape);
}

/// y = Σ x / n.
Tensor mean(In x, const Axes& dims, bool keepdim) {
  check_floating({"mean", x.location}, *x);
  const Dims over = check_dims({"mean", x.location}, *x, dims);
  const double n = double(reduced_count(*x, over));
  return apply({.name = "mean",
                .inputs = {{wide(x)}, x.location},
                .formula =
                    [over, keepdim, n](const Tensors& in) {
                      return (over.empty() ? in[0] : sum(in[0], over, keepdim)) / n;
                    },
                .derivatives =
                    [over, n](Dy dy, Saved s) {
                      return expand(reshape(dy, with_ones(s.shape(0), over)) / n, s.shape(0));
                    }});
}

/// For each element, the product of all other elements of its row (the last dimension). It is the
/// product of the elements before it times that of the elements after it; both are prefix products
/// that double in length log2(n) times. There is no division, so that zeros give right results.
static Tensor product_of_others(const Tensor& x) {
  const std::int64_t n = x.shape()[-1];
  const int last = x.dim() - 1;
  // By elements to the right (left if negative), filled with ones.
  auto shifted = [&](const Tensor& t, std::int64_t by) {
    return by > 0 ? pad(slice(t, last, 0, n - by), {by, 0}, 1)
                  : pad(slice(t, last, -by), {0, -by}, 1);
  };
  Tensor before = shifted(x, 1), after = shifted(x, -1);
  for (std::int64_t reach = 1; reach < n; reach *= 2) {
    before = before * shifted(before, reach);
    after = after * shifted(after, -reach);
  }
  return before * after;
}

/// y = Π x.   dx_i = dy Π_{k ≠ i} x_k.
Tensor prod(In x, const Axes& dims, bool keepdim) {
  const Dims over = check_dims({"prod", x.location}, *x, dims);
  check_arithmetic({"prod", x.location}, *x);
  const Tensor t = is_floating(x->dtype()) ? wide(x) : *x;
  const Tensor y = reduce(
      "prod", Reduce::prod, {t, x.location}, over, total_dtype(x), {Keep::input(0)},
      [over](Dy dy, Saved s) {
        if (over.empty()) return dy;
        Tensor x = s.input(0);
        Dims order, back = Dims::filled(x.dim(), 0);  // the reduced dimensions are moved last
        for (int i = 0; i < x.dim(); ++i)
          if (!over.contains(i)) order.push_back(i);
        for (std::int64_t dim : over) order.push_back(dim);
        for (int i = 0; i < x.dim(); ++i) back[int(order[i])] = i;
        const Tensor moved = permute(x, order);
        if (x.numel() == 0) return x * dy;
        const Tensor rows = reshape(moved, {-1, reduced_count(x, over)});
        return dy * permute(reshape(product_of_others(rows), moved.shape()), back);
      });
  return squeezed({y, x.location}, over, keepdim);
}

/// y = max x (min x).   dx = dy, divided evenly among all elements that equal y.
static Tensor extreme(const char* name, Reduce op, const In& x, const Axes& dims, bool keepdim) {
  const Dims over = check_dims({name, x.location}, *x, dims);
  check_arithmetic({name, x.location}, *x);
  check_not_empty({name, x.location}, *x, over);
  const Tensor y = reduce(
      name, op, x, over, x->dtype(), {Keep::input(0), Keep::output(0)}, [over](Dy dy, Saved s) {
        const Tensor equal = to(s.input(0) == s.output(0), dy.dtype());
        return over.empty() ? dy : dy * equal / sum(equal, over, tinygrad::keepdim);
      });
  return squeezed({y, x.location}, over, keepdim);
}

static Tensor arg_extreme(const char* name, ArgReduce op, const In& x, int dim, bool keepdim) {
  const int at = check_dim(name, x, dim);
  check_arithmetic({name, x.location}, *x);
  const Tensor t = x->dim() == 0 ? reshape({*x, x.location}, {1}) : *x;
  check_not_empty({name, x.location}, t, {at});
  const Tensor y = apply({.name = name,
                          .inputs = {In(t, x.location)},
                          .outputs = {{with_ones(t.shape(), {at}), DType::int64}},
                          .kernel = [op, at](Backend& b, Views in, Views out) {
                            return b.arg_reduce(op, in[0], at, out[0]), true;
                          }});
  return x->dim() == 0 ? reshape(y, {}) : squeezed({y, x.location}, {at}, keepdim);
}

/// The elements at the indices of arg_extreme, by gather: only they receive the gradient.
static ValuesIndices extreme_with_index(const char* name, ArgReduce op, const In& x, int dim,
                                        bool keepdim) {
  const int at = check_dim(name, x, dim);
  if (x->dim() == 0) return {clone({*x, x.location}), arg_extreme(name, op, x, dim, keepdim)};
  const Tensor index = arg_extreme(name, op, x, at, tinygrad::keepdim);
  const Tensor values = gather({*x, x.location}, at, index);
  return {squeezed({values, x.location}, {at}, keepdim),
          squeezed({index, x.location}, {at}, keepdim)};
}

Tensor amax(In x, const Axes& dims, bool keepdim) {
  return extreme("amax", Reduce::max, x, dims, keepdim);
}
Tensor amin(In x, const Axes& dims, bool keepdim) {
  return extreme("amin", Reduce::min, x, dims, keepdim);
}
Tensor max(In x) { return extreme("max", Reduce::max, x, {}, false); }
Tensor min(In x) { return extreme("min", Reduce::min, x, {}, false); }
ValuesIndices max(In x, int dim, bool keepdim) {
  return extreme_with_index("max", ArgReduce::max, x, dim, keepdim);
}
ValuesIndices min(In x, int dim, bool keepdim) {
  return extreme_with_index("min", ArgReduce::min, x, dim, keepdim);
}
Tensor argmax(In x, int dim, bool keepdim) {
  return arg_extreme("argmax", ArgReduce::max, x, dim, keepdim);
}
Tensor argmin(In x, int dim, bool keepdim) {
  return arg_extreme("argmin", ArgReduce::min, x, dim, keepdim);
}
Tensor argmax(In x) { return argmax({flatten({*x, x.location}), x.location}, 0); }
Tensor argmin(In x) { return argmin({flatten({*x, x.location}), x.location}, 0); }

/// The maximum or minimum of x as bools; `otherwise` of no elements. uint8 has the order of its
/// bools, and is not copied.
static Tensor logical(const char* name, Tensor (*extreme)(In, const Axes&, bool), bool otherwise,
                      const In& x, const Axes& dims, bool keepdim) {
  const Dims over = check_dims({name, x.location}, *x, dims);
  check_arithmetic({name, x.location}, *x);
  if (reduced_count(*x, over) == 0)
    return squeezed(full(with_ones(x->shape(), over), otherwise,
                         {.dtype = DType::boolean, .device = x->device()}),
                    over, keepdim);
  if (x->dtype() != DType::uint8)
    return extreme({cast(x, DType::boolean), x.location}, dims, keepdim);
  return to(extreme({*x, x.location}, dims, keepdim), DType::boolean);
}
Tensor any(In x, const Axes& dims, bool keepdim) {
  return logical("any", amax, false, x, dims, keepdim);
}
Tensor all(In x, const Axes& dims, bool keepdim) {
  return logical("all", amin, true, x, dims, keepdim);
}

Tensor centred(const Tensor& x, const Dims& over) {
  return over.empty() ? x - x : x - mean(x, over, keepdim);
}

/// y = Σ (x - mean)² / (n - correction).   dx = dy · 2 (x - mean) / (n - correction).
Tensor var(In x, const Axes& dims, int correction, bool keepdim) {
  const Call call{"var", x.location};
  check_floating(call, *x);
  const Dims over = check_dims(call, *x, dims);
  const double n = std::max(0.0, double(reduced_count(*x, over)) - correction);
  return apply({.name = "var",
                .inputs = {{wide(x)}, x.location},
                .formula =
                    [over, keepdim, n](const Tensors& in) {
                      const Tensor c = centred(in[0], over);
                      if (over.empty() || in[0].numel() == 0)
                        return (over.empty() ? c : sum(c, over, keepdim)) / n;
                      // Not sum(squares) / n: that sum may overflow where the result does not.
                      return sum(c * (c / n), over, keepdim);
                    },
                .keep = {Keep::input(0)},
                .derivatives =
                    [over, n](Dy dy, Saved s) {
                      const Tensor x = s.input(0);
                      return reshape(dy, with_ones(x.shape(), over)) * (centred(x, over) * (2 / n));
                    }});
}

/// y = m + log Σ exp(x - m) with m = max x, or 0 if that is not finite.   dx = dy · exp(x - y).
Tensor logsumexp(In x, const Axes& dims, bool keepdim) {
  const Call call{"logsumexp", x.location};
  check_arithmetic(call, *x);
  const Dims over = check_dims(call, *x, dims);
  return apply({.name = "logsumexp",
                .inputs = {{cast(x, wide_precision(real_dtype(x->dtype())))}, x.location},
                .formula =
                    [over, keepdim](const Tensors& in) {
                      if (over.empty()) return in[0] + 0;
                      if (reduced_count(in[0], over) == 0)
                        return log(sum(exp(in[0]), over, keepdim));
                      const Tensor largest = amax(in[0], over, tinygrad::keepdim).detach();
                      const Tensor finite = where(abs(largest) < infinity, largest, 0);
                      const Tensor y =
                          finite + log(sum(exp(in[0] - finite), over, tinygrad::keepdim));
                      return keepdim ? y : reshape(y, without(y.shape(), over));
                    },
                .keep = {Keep::input(0), Keep::output(0)},
                .derivatives =
                    [over](Dy dy, Saved s) {
                      const Tensor x = s.input(0),
                                   y = reshape(s.output(0), with_ones(x.shape(), over));
                      // If all elements are -infinity, so is y, and x - y would be NaN.
                      return reshape(dy, y.shape()) * exp(x - where(y == -infinity, 0, y));
                    }});
}

}  // namespace tinygrad
