// SPDX-License-Identifier: MIT
// Standard deviations and norms, whose elements are scaled so that no power overflows; sums without
// NaN; counts.
#include "core/autocast.h"
#include "core/ops/internal.h"

namespace tinygrad {

/// y as a divisor: 1 where it is 0 or infinite.
static Tensor as_scale(const Tensor& y) { return where((y > 0) == (y < infinity), y, 1); }
/// dy / y, or 0 where y is 0.
static Tensor over_nonzero(const Tensor& dy, const Tensor& y) {
  return dy / where(y == 0, infinity, y);
}

/// y = s √(Σ ((x - mean) / s)² / (n - correction)), with s = max |x - mean|.
/// dx = dy (x - mean) / (y (n - correction)).
Tensor std(In x, const Axes& dims, int correction, bool keepdim) {
  const Call call{"std", x.location};
  check_floating(call, *x);
  const Dims over = check_dims(call, *x, dims);
  const double n = std::max(0.0, double(reduced_count(*x, over)) - correction);
  return apply({.name = "std",
                .inputs = {{wide(x)}, x.location},
                .formula =
                    [=](const Tensors& in) {
                      if (over.empty() || in[0].numel() == 0)
                        return sqrt(var(in[0], over, correction, keepdim));
                      const Tensor c = centred(in[0], over),
                                   s = as_scale(amax(abs(c), over, tinygrad::keepdim)),
                                   y = s * sqrt(sum(square(c / s), over, tinygrad::keepdim) / n);
                      return keepdim ? y : reshape(y, without(y.shape(), over));
                    },
                .keep = {Keep::input(0), Keep::output(0)},
                .derivatives = {[over, n](Dy dy, Saved s) {
                  const Tensor x = s.input(0);
                  const Shape shape = with_ones(x.shape(), over);
                  return reshape(dy, shape) / n *
                         over_nonzero(centred(x, over), reshape(s.output(0), shape));
                }}});
}
StdMean std_mean(In x, const Axes& dims, int correction, bool keepdim) {
  return {std({*x, x.location}, dims, correction, keepdim), mean({*x, x.location}, dims, keepdim)};
}
VarMean var_mean(In x, const Axes& dims, int correction, bool keepdim) {
  return {var({*x, x.location}, dims, correction, keepdim), mean({*x, x.location}, dims, keepdim)};
}

/// y = s (Σ (|x| / s)^p)^(1/p), with s = max |x| (min |x| if p < 0).
/// dx = dy sign(x) (|x| / y)^(p - 1).
static Tensor power_norm(In x, double p, const Dims& over, bool keepdim) {
  const bool is_square = p == 2;
  return apply({.name = "norm",
                .inputs = {{wide(x)}, x.location},
                .formula =
                    [=](const Tensors& in) {
                      const Tensor a = abs(in[0]);
                      if (a.numel() == 0) return sum(a, over, keepdim);
                      const Tensor s = as_scale(p < 0 ? amin(a, over, tinygrad::keepdim)
                                                      : amax(a, over, tinygrad::keepdim));
                      const Tensor scaled = a / s;
                      const Tensor total =
                          sum(is_square ? square(scaled) : pow(scaled, p), over, tinygrad::keepdim);
                      const Tensor y = s * (is_square ? sqrt(total) : pow(total, 1 / p));
                      return keepdim ? y : reshape(y, without(y.shape(), over));
                    },
                .keep = {Keep::input(0)},
                .derivatives = {[=](Dy dy, Saved s) {
                  return Tensor(
                      apply({.name = "norm_grad",
                             .inputs = {{s.input(0), reshape(dy, with_ones(s.shape(0), over))}},
                             .formula = [=](const Tensors& in) {
                               const Tensor &x = in[0], &dy = in[1],
                                            y = power_norm(x, p, over, tinygrad::keepdim);
                               if (is_square) return dy * over_nonzero(x, y);
                               const Tensor share = pow(over_nonzero(abs(x), y), p - 1);
                               return dy * sign(x) * (p < 1 ? where(x == 0, 0, share) : share);
                             }}));
                }}});
}

Tensor norm(In x, double p, const Axes& dims, bool keepdim) {
  const Call call{"norm", x.location};
  check_floating(call, *x);
  const Dims over = check_dims(call, *x, dims);
  if (p == 0) return to(sum({*x != 0, x.location}, dims, keepdim), x->dtype());
  if (over.empty()) return abs({*x, x.location});
  if (p == 1) return sum(abs({*x, x.location}), dims, keepdim);
  if (std::abs(p) < infinity) return power_norm({*x, x.location}, p, over, keepdim);
  require<ShapeError>(reduced_count(*x, over) > 0 || without(x->shape(), over).count() == 0, call,
                      "there is no element to choose from in shape ", x->shape());
  return p > 0 ? amax(abs({*x, x.location}), dims, keepdim)
               : amin(abs({*x, x.location}), dims, keepdim);
}
Tensor vector_norm(In x, double p, const Axes& dims, bool keepdim) {
  return norm({*x, x.location}, p, dims, keepdim);
}

Tensor nansum(In x, const Axes& dims, bool keepdim) {
  check_arithmetic({"nansum", x.location}, *x);
  check_dims({"nansum", x.location}, *x, dims);
  if (!is_floating(x->dtype())) return sum({*x, x.location}, dims, keepdim);
  return sum({where(*x == *x, *x, 0), x.location}, dims, keepdim);
}
Tensor nanmean(In x, const Axes& dims, bool keepdim) {
  const Call call{"nanmean", x.location};
  check_floating(call, *x);
  check_dims(call, *x, dims);
  return apply(
      {.name = "nanmean", .inputs = {{wide(x)}, x.location}, .formula = [=](const Tensors& in) {
         return nansum(in[0], dims, keepdim) / sum(in[0] == in[0], dims, keepdim);
       }});
}
Tensor count_nonzero(In x, const Axes& dims) {
  check_dims({"count_nonzero", x.location}, *x, dims);
  return sum({*x != 0, x.location}, dims);
}
MinMax aminmax(In x, const Axes& dims, bool keepdim) {
  return {amin({*x, x.location}, dims, keepdim), amax({*x, x.location}, dims, keepdim)};
}

}  // namespace tinygrad
