// SPDX-License-Identifier: MIT
// Running sums, products, maxima and minima along a dimension; differences, and the integrals and
// derivatives that are made of them.
#include "core/autocast.h"
#include "core/ops/internal.h"

namespace tinygrad {
namespace {

/// The scan of y along dim (from its end if reverse), by doubling: after k rounds, y_i combines 2^k
/// elements.
template <class Combine>
Tensor by_doubling(Tensor y, int dim, bool reverse, const Combine& combine) {
  const std::int64_t n = y.shape()[dim];
  for (std::int64_t reach = 1; reach < n; reach *= 2) {
    const std::int64_t rest = n - reach;
    const Tensor both = combine(narrow(y, dim, 0, rest), narrow(y, dim, reach, rest));
    y = reverse ? cat({both, narrow(y, dim, rest, reach)}, dim)
                : cat({narrow(y, dim, 0, reach), both}, dim);
  }
  return y;
}

/// x as a scan takes it: not 0-d, and integers as int64. The scan of a 0-d tensor is its element.
template <class Scan> Tensor scan_of(const char* name, const In& x, int dim, const Scan& scan) {
  const int at = check_dim(name, x, dim);
  check_arithmetic({name, x.location}, *x);
  const Tensor t = cast(x, is_floating(x->dtype()) ? wide_precision(x->dtype()) : DType::int64);
  if (x->dim() == 0) return reshape(scan({reshape(t, {1}), x.location}, 0), {});
  return scan({t, x.location}, at);
}

/// The sums or products of x_0 ... x_i along dim, or from the end.
Op scan_op(const char* name, Reduce op, const In& x, int dim, bool reverse) {
  return {.name = name,
          .inputs = {x},
          .kernel = [=](Backend& b, Views in,
                        Views out) { return b.scan(op, in[0], dim, reverse, out[0]); },
          .formula =
              [=](const Tensors& in) {
                return by_doubling(in[0], dim, reverse, [=](const Tensor& a, const Tensor& b) {
                  return op == Reduce::sum ? a + b : a * b;
                });
              }};
}
/// dx = the same of dy, from the other end.
Tensor running_sum(In x, int dim, bool reverse) {
  Op op = scan_op("cumsum", Reduce::sum, x, dim, reverse);
  op.derivatives = {[=](Dy dy, Saved) { return running_sum(dy, dim, !reverse); }};
  return apply(std::move(op));
}

/// g_j = dy_j + f_j g_{j + 1} along dim, from the end, for factors f of one element less. There is
/// no division, so that zeros give right results. By doubling: after k rounds g_j sums 2^k terms.
Tensor recurrence_from_end(const Tensor& dy, Tensor factor, int dim) {
  const std::int64_t n = dy.shape()[dim];
  Tensor g = dy;
  for (std::int64_t reach = 1; reach < n; reach *= 2) {  // factor_j = f_j ... f_{j + reach - 1}
    const std::int64_t rest = n - reach;
    g = cat({narrow(g, dim, 0, rest) + factor * narrow(g, dim, reach, rest),
             narrow(g, dim, rest, reach)},
            dim);
    if (rest > reach)
      factor = narrow(factor, dim, 0, rest - reach) * narrow(factor, dim, reach, rest - reach);
  }
  return g;
}

/// dx_j = y_{j - 1} g_j, where g_j = Σ_{i >= j} dy_i x_{j + 1} ... x_i.
Tensor running_product(In x, int dim) {
  Op op = scan_op("cumprod", Reduce::prod, x, dim, false);
  op.keep = {Keep::input(0)};
  op.derivatives = {[=](Dy dy, Saved s) {
    if (dy.numel() == 0) return dy;
    return Tensor(apply(
        {.name = "cumprod_grad", .inputs = {{dy, s.input(0)}}, .formula = [=](const Tensors& in) {
           const Tensor& x = in[1];
           const std::int64_t rest = x.shape()[dim] - 1;
           const Tensor g = recurrence_from_end(in[0], narrow(x, dim, 1, rest), dim);
           const Tensor before = running_product(narrow(x, dim, 0, rest), dim);
           return cat({narrow(g, dim, 0, 1), before * narrow(g, dim, 1, rest)}, dim);
         }}));
  }};
  return apply(std::move(op));
}

/// y_i = log Σ_{k <= i} exp(x_k).   dx_j = exp(x_j - y_j) g_j, where
/// g_j = Σ_{i >= j} dy_i exp(y_j - y_i).
Tensor running_logsumexp(In x, int dim) {
  return apply({.name = "logcumsumexp",
                .inputs = {x},
                .formula =
                    [=](const Tensors& in) {
                      return by_doubling(in[0], dim, false, [](const Tensor& a, const Tensor& b) {
                        return logsumexp(stack({a, b}), 0);
                      });
                    },
                .keep = {Keep::input(0)},
                .derivatives = {[=](Dy dy, Saved s) {
                  if (dy.numel() == 0) return dy;
                  return Tensor(
                      apply({.name = "logcumsumexp_grad",
                             .inputs = {{dy, s.input(0)}},
                             .formula = [=](const Tensors& in) {
                               const Tensor &x = in[1], y = running_logsumexp(x, dim);
                               // -infinity - y is -infinity, also if y is -infinity
                               const Tensor below = where(y == -infinity, 0, y);
                               const std::int64_t rest = x.shape()[dim] - 1;
                               const Tensor factor =
                                   exp(narrow(y, dim, 0, rest) - narrow(below, dim, 1, rest));
                               return exp(x - below) * recurrence_from_end(in[0], factor, dim);
                             }}));
                }}});
}

/// The position of the best element up to each: the last of equal ones; NaN wins.
Tensor running_arg_reduce(const char* name, ArgReduce op, In x, int dim) {
  return apply({.name = name,
                .inputs = {x},
                .outputs = {{x->shape(), DType::int64}},
                .kernel = [=](Backend& b, Views in,
                              Views out) { return b.arg_scan(op, in[0], dim, out[0]); },
                .formula =
                    [=](const Tensors& in) {
                      const Tensor count =
                                       arange(0, in[0].shape()[dim], 1,
                                              {.dtype = DType::int64, .device = in[0].device()}),
                                   start = expand(along(count, dim, in[0].dim()), in[0].shape());
                      return by_doubling(start, dim, false, [&](const Tensor& i, const Tensor& k) {
                        const Tensor a = gather(in[0], dim, i), b = gather(in[0], dim, k);
                        const Tensor better = op == ArgReduce::max ? b >= a : b <= a;
                        return where(where(b == b, better, true), k, i);
                      });
                    }});
}
ValuesIndices running_extreme(const char* name, ArgReduce op, const In& x, int dim) {
  const int at = check_dim(name, x, dim);
  check_arithmetic({name, x.location}, *x);
  if (x->dim() == 0) return {clone({*x, x.location}), full_like(to(*x, DType::int64), 0)};
  const Tensor index = running_arg_reduce(name, op, {*x, x.location}, at);
  return {gather({*x, x.location}, at, index), index};
}

}  // namespace

Tensor cumsum(In x, int dim) {
  return scan_of("cumsum", x, dim, [](In t, int at) {
    return running_sum({*t, t.location}, at, false);
  });
}
Tensor cumprod(In x, int dim) {
  return scan_of("cumprod", x, dim, [](In t, int at) {
    return running_product({*t, t.location}, at);
  });
}
ValuesIndices cummax(In x, int dim) { return running_extreme("cummax", ArgReduce::max, x, dim); }
ValuesIndices cummin(In x, int dim) { return running_extreme("cummin", ArgReduce::min, x, dim); }

Tensor logcumsumexp(In x, int dim) {
  check_floating({"logcumsumexp", x.location}, *x);
  return scan_of("logcumsumexp", x, dim, [](In t, int at) {
    return running_logsumexp({*t, t.location}, at);
  });
}

// ------------------------------------------------------------ differences and integrals

namespace {

/// Neighbours along dim: all elements but the last, and all but the first.
struct Neighbours {
  Tensor left, right;
};
Neighbours neighbours(const Tensor& x, int dim) {
  const std::int64_t n = std::max<std::int64_t>(x.shape()[dim] - 1, 0);
  return {narrow(x, dim, 0, n), narrow(x, dim, std::min<std::int64_t>(1, x.shape()[dim]), n)};
}

void check_not_0d(const Call& call, const Tensor& x) {
  require<ShapeError>(x.dim() > 0, call, "a 0-d tensor has no neighbours");
}

/// The mean of each element and the next one along dim.
Tensor means_of_neighbours(const char* name, const In& y, int& dim) {
  check_not_0d({name, y.location}, *y);
  dim = check_dim(name, y, dim);
  check_arithmetic({name, y.location}, *y);
  const auto [left, right] = neighbours(cast(y, real_dtype(y->dtype())), dim);
  return (left + right) / 2;
}
/// The distances of the points x [n], or of a shape that broadcasts to y's.
Tensor distances(const char* name, const In& y, const In& x, int dim) {
  Tensor points = cast(x, real_dtype(x->dtype()));
  if (x->dim() == 1 && y->dim() > 1) points = along(points, dim, y->dim());
  require<ShapeError>(broadcasts_to(points.shape(), y->shape()) && points.dim() >= y->dim() - dim &&
                          points.shape()[dim - y->dim()] == y->shape()[dim],
                      Call{name, y.location}, "the points x of shape ", x->shape(),
                      " do not fit y of shape ", y->shape(), " along dimension ", dim);
  return diff(points, 1, dim - y->dim());
}

/// The derivative of x along its last dimension [n]; d [n - 1] are the distances of the points.
/// Between two intervals it is the mean of their slopes, each weighted by the other's length.
Tensor gradient_along_last(const Tensor& x, const Tensor& d, int edge_order) {
  const int last = x.dim() - 1;
  const auto [left, right] = neighbours(x, last);
  const Tensor slopes = (right - left) / d;
  const std::int64_t n = slopes.shape()[last];
  const auto [s1, s2] = neighbours(slopes, last);
  const auto [d1, d2] = neighbours(d, 0);
  const auto edge = [&](std::int64_t at, std::int64_t next) {
    const Tensor s = narrow(slopes, last, at, 1);
    if (edge_order == 1) return s;
    const Tensor length = narrow(d, 0, at, 1);
    return s + (s - narrow(slopes, last, next, 1)) * (length / (length + narrow(d, 0, next, 1)));
  };
  return cat({edge(0, 1), (d2 * s1 + d1 * s2) / (d1 + d2), edge(n - 1, n - 2)}, last);
}

template <class Distances>
std::vector<Tensor> gradients(const In& x, const Axes& dims, int edge_order,
                              const Distances& distances_of) {
  const Call call{"gradient", x.location};
  check_arithmetic(call, *x);
  require(edge_order == 1 || edge_order == 2, call, "edge_order must be 1 or 2, got ", edge_order);
  std::vector<Tensor> all;
  const Dims every = check_dims(call, *x, dims), over = dims.empty() ? every : Dims(dims);
  for (std::int64_t dim : over) {
    check_not_0d(call, *x);
    const int at = check_dim(call, *x, dim);
    require<ShapeError>(x->shape()[at] > edge_order, call, "edge_order ", edge_order,
                        " needs at least ", edge_order + 1, " elements along dimension ", dim,
                        " of shape ", Marked{x->shape(), at});
    all.push_back(
        transpose(gradient_along_last(transpose(*x, at, -1),
                                      distances_of(int(all.size()), x->shape()[at]), edge_order),
                  at, -1));
  }
  return all;
}

/// Checks that there are distances or coordinates for each of dims.
void check_spacing(const In& x, std::size_t count, const Axes& dims) {
  const std::size_t expected = std::size_t(dims.empty() ? x->dim() : dims.rank());
  require(count == expected, Call{"gradient", x.location}, "expected spacing for ", expected,
          " dimensions, got ", count);
}

}  // namespace

Tensor diff(In x, std::int64_t n, int dim, In prepend, In append) {
  const Call call{"diff", x.location};
  check_not_0d(call, *x);
  require(n >= 0, call, "n must not be negative, got ", n);
  const int at = check_dim("diff", x, dim);
  check_arithmetic(call, *x);
  if (n == 0) return *x;
  Tensors parts;
  for (const Tensor* part : {&*prepend, &*x, &*append})
    if (part->defined()) parts.push_back(*part);
  Tensor y = parts.size() > 1 ? cat(parts, at, x.location) : *x;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto [left, right] = neighbours(y, at);
    y = y.dtype() == DType::boolean ? left != right : right - left;
  }
  return y;
}

Tensor trapezoid(In y, double dx, int dim) {
  const Tensor means = means_of_neighbours("trapezoid", y, dim);
  return sum(means, dim) * dx;
}
Tensor trapezoid(In y, In x, int dim) {
  const Tensor means = means_of_neighbours("trapezoid", y, dim);
  return sum(means * distances("trapezoid", y, x, dim), dim);
}
Tensor trapz(In y, double dx, int dim) { return trapezoid({*y, y.location}, dx, dim); }
Tensor trapz(In y, In x, int dim) { return trapezoid({*y, y.location}, *x, dim); }
Tensor cumulative_trapezoid(In y, double dx, int dim) {
  const Tensor means = means_of_neighbours("cumulative_trapezoid", y, dim);
  return cumsum(means, dim) * dx;
}
Tensor cumulative_trapezoid(In y, In x, int dim) {
  const Tensor means = means_of_neighbours("cumulative_trapezoid", y, dim);
  return cumsum(means * distances("cumulative_trapezoid", y, x, dim), dim);
}

std::vector<Tensor> gradient(In x, double spacing, const Axes& dims, int edge_order) {
  const int count = dims.empty() ? x->dim() : dims.rank();
  return gradient({*x, x.location}, std::vector<double>(std::size_t(count), spacing), dims,
                  edge_order);
}
std::vector<Tensor> gradient(In x, const std::vector<double>& spacing, const Axes& dims,
                             int edge_order) {
  check_spacing(x, spacing.size(), dims);
  return gradients(x, dims, edge_order, [&](int i, std::int64_t n) {
    return full({n - 1}, spacing[std::size_t(i)],
                {.dtype = real_dtype(x->dtype()), .device = x->device()});
  });
}
std::vector<Tensor> gradient(In x, const Tensors& coordinates, const Axes& dims, int edge_order) {
  check_spacing(x, coordinates.size(), dims);
  return gradients(x, dims, edge_order, [&](int i, std::int64_t n) {
    const Tensor& points = coordinates[std::size_t(i)];
    require<ShapeError>(points.shape() == Shape{n}, Call{"gradient", x.location},
                        "expected coordinates of shape [", n, "], got ", points.shape());
    return diff(points);
  });
}

}  // namespace tinygrad
