// SPDX-License-Identifier: MIT
// Elementwise functions that are formulas of other ops, with their derivatives.
#include <cmath>
#include <numbers>

#include "core/ops/elementwise_rows.h"
#include "core/ops/function.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

using std::numbers::ln2, std::numbers::pi;

/// A function of two inputs, of their common dtype. A derivative that is null is 0.
struct Function2 {
  const char *name, *grad_name;
  Tensor (*y)(const Tensor& a, const Tensor& b);
  using Derivative = Tensor (*)(const Tensor& dy, const Tensor& a, const Tensor& b);
  Derivative da, db;
};
/// check_pair() of dtypes that are computed with.
DType check_numbers(const Call& call, const In& a, const In& b) {
  const DType dtype = check_pair(call, a, b);
  check_arithmetic(call, a), check_arithmetic(call, b);
  return dtype;
}
Tensor apply_function(const Function2& f, const In& a, const In& b) {
  const DType dtype = real_dtype(check_numbers({f.name, a.location}, a, b));
  const auto derivative = [name = f.grad_name](Function2::Derivative d) {
    return [name, d](Dy dy, Saved s) {
      if (!d) return Tensor();
      return Tensor(apply({.name = name,
                           .inputs = {dy, s.input(0), s.input(1)},
                           .formula = [d](const Tensors& in) { return d(in[0], in[1], in[2]); }}));
    };
  };
  return apply({.name = f.name,
                .inputs = {Tensors{cast(a, dtype), cast(b, dtype)}, a.location},
                .formula = [y = f.y](const Tensors& in) { return y(in[0], in[1]); },
                .keep = {Keep::input(0), Keep::input(1)},
                .derivatives = {derivative(f.da), derivative(f.db)}});
}
#define DERIVATIVE(text) \
  [](const Tensor& dy, const Tensor& a, [[maybe_unused]] const Tensor& b) -> Tensor { return text; }
#define FUNCTION_2(name, y, da, db)                                                               \
  Tensor name(In a, In b) {                                                                       \
    return apply_function({#name, #name "_grad",                                                  \
                           [](const Tensor& a, const Tensor& b) -> Tensor { return y; }, da, db}, \
                          a, b);                                                                  \
  }

/// The scalar as a tensor, at least in float32 if it is real: the result is rounded to the dtype
/// that the scalar leads to.
Tensor as_tensor(Scalar value, const Tensor& beside) {
  const DType real = promote(DType::float32, real_dtype(beside.dtype()));
  return full(
      {}, value,
      {.dtype = value.is_real() ? real : default_dtype(value.kind()), .device = beside.device()});
}

}  // namespace

// ------------------------------------------------------------ angles
FUNCTION(tan, sin(x) / cos(x), dy / square(cos(x)))
FUNCTION(asin, atan(x / sqrt((1 - x) * (1 + x))), dy / sqrt((1 - x) * (1 + x)))
FUNCTION(acos, 2 * atan(sqrt((1 - x) / (1 + x))), -dy / sqrt((1 - x) * (1 + x)))
FUNCTION(deg2rad, (pi / 180) * x, (pi / 180) * dy)
FUNCTION(rad2deg, (180 / pi) * x, (180 / pi) * dy)

static Tensor angle(const Tensor& a, const Tensor& b) {
  const Tensor y = abs(a), x = abs(b);  // y / x, but 1 for two infinities, and 0 for two zeros
  const Tensor t = atan(where(a == 0, 0, where(x == y, 1, y / x)));
  return copysign(where(signbit(b), pi - t, t), a);
}
/// x sqrt(1 + (y / x)²), x >= y.
static Tensor length(const Tensor& a, const Tensor& b) {
  const Tensor x = maximum(abs(a), abs(b)), y = minimum(abs(a), abs(b));
  return where((x == 0) | (x == infinity), x, x * sqrt(1 + square(y / x)));
}
/// hypot(a, b) as a divisor: 1 at the origin, where the derivatives are 0.
static Tensor radius(const Tensor& a, const Tensor& b) {
  const Tensor r = hypot(a, b);
  return where(r == 0, 1, r);
}
static Tensor cosine(const Tensor& a, const Tensor& b) { return a / radius(a, b); }

FUNCTION_2(atan2, angle(a, b), DERIVATIVE(dy*(cosine(b, a) / radius(a, b))),
           DERIVATIVE(-dy*(cosine(a, b) / radius(a, b))))
FUNCTION_2(hypot, length(a, b), DERIVATIVE(dy* cosine(a, b)), DERIVATIVE(dy* cosine(b, a)))

// ------------------------------------------------------------ hyperbolic functions

/// (exp(|x|) ± exp(-|x|)) / 2. exp(|x|) may overflow where the half of it does not.
static Tensor half_sum(const Tensor& x, double sign) {
  const Tensor root = exp(abs(x) * 0.5);
  return root * (0.5 * root) + sign * 0.5 / root / root;
}
static Tensor near_sinh(const Tensor& x) {
  const Tensor t = expm1(x);
  return 0.5 * (t + t / (t + 1));
}
/// log(x + sqrt(x² ± 1)) is log(2 x) for large x, where x² overflows.
static Tensor inverse(const Tensor& x, const Tensor& near) {
  return where(x > 1e9, log(x) + ln2, near);
}
static Tensor inverse_sinh(const Tensor& x) {
  const Tensor t = abs(x), u = 1 / t;
  return sign(x) * inverse(t, log1p(t + t / (u + sqrt(1 + square(u)))));
}
static Tensor inverse_cosh(const Tensor& x) {
  const Tensor u = x - 1;
  return inverse(x, log1p(u + sqrt(u) * sqrt(u + 2)));
}
static Tensor inverse_tanh(const Tensor& x) {
  const Tensor t = abs(x);
  return sign(x) * (0.5 * log1p(2 * t / (1 - t)));
}

FUNCTION(sinh, where(abs(x) < 1, near_sinh(x), sign(x) * half_sum(x, -1)), dy* cosh(x))
FUNCTION(cosh, half_sum(x, 1), dy* sinh(x))
FUNCTION(asinh, inverse_sinh(x), dy / hypot(x, ones_like(x)))
FUNCTION(acosh, inverse_cosh(x), dy / (sqrt(x - 1) * sqrt(x + 1)))
FUNCTION(atanh, inverse_tanh(x), dy / ((1 - x) * (1 + x)))

// ------------------------------------------------------------ sinc

/// sinc'(x) = π (t cos t - sin t) / t², t = πx, which cancels at small t: there it is the series
/// π Σ (-1)^k 2k t^(2k - 1) / (2k + 1)!.
static Tensor sinc_slope(const Tensor& x) {
  const Tensor t = pi * x, z = square(t), near = abs(t) < 1, far = where(near, 1, t);
  Tensor sum = zeros_like(t);
  for (int k = 10; k > 0; --k) sum = (k % 2 ? -2.0 : 2.0) * k / std::tgamma(2 * k + 2) + z * sum;
  return pi * where(near, t * sum, (cos(far) - sin(far) / far) / far);
}

FUNCTION(sinc, where(x == 0, 1, sin(pi* x) / (pi * x)), dy* sinc_slope(x))

// ------------------------------------------------------------ exponentials and logarithms
FUNCTION(exp2, pow(2.0, x), dy*(ln2* exp2(x)))

namespace {

constexpr Function log_odds = {"logit", "logit_grad",
                               [](const Tensor& x) -> Tensor { return log(x / (1 - x)); },
                               [](const Tensor& dy, const Tensor& x) -> Tensor {
                                 return where((x < 0) | (x > 1), NAN, dy / (x * (1 - x)));
                               }};
/// Where xlogy is 0 whatever log(b) is.
Tensor is_zero(const Tensor& a, const Tensor& b) { return (a == 0) & (b <= 0); }
Tensor masked(const Tensor& mask, const Tensor& x) { return where(mask, 1, x); }

}  // namespace

FUNCTION_2(logaddexp, where(a == b, a + ln2, maximum(a, b) + log1p(exp(-abs(a - b)))),
           DERIVATIVE(dy* sigmoid(a - b)), DERIVATIVE(dy* sigmoid(b - a)))
FUNCTION_2(logaddexp2, where(a == b, a + 1, maximum(a, b) + log1p(exp2(-abs(a - b))) / ln2),
           DERIVATIVE(dy* sigmoid((a - b) * ln2)), DERIVATIVE(dy* sigmoid((b - a) * ln2)))
FUNCTION_2(xlogy, where((a == 0) & (b == b), 0, a* log(b)),
           DERIVATIVE(dy* log(masked(is_zero(a, b), b))),
           DERIVATIVE(dy*(a / masked(is_zero(a, b), b))))
Tensor xlogy(In a, Scalar b) {
  const DType dtype = real_dtype(result_type(a.given(), b));
  return cast(xlogy({*a, a.location}, as_tensor(b, *a)), dtype);
}
Tensor xlogy(Scalar a, In b) {
  const DType dtype = real_dtype(result_type(b.given(), a));
  return cast(xlogy({as_tensor(a, *b), b.location}, *b), dtype);
}
Tensor logit(In x, std::optional<double> eps) {
  const Call call{"logit", x.location};
  check_arithmetic(call, x.given());
  const Tensor t = cast(x, real_dtype(x->dtype()));
  if (!eps) return apply_function(log_odds, {t, x.location});
  const Tensor below = where(t > 1 - *eps, 1 - *eps, t);
  return apply_function(log_odds, {where(t < *eps, *eps, below), x.location});
}
Tensor float_power(In a, In b) {
  check_numbers({"float_power", a.location}, a, b);
  return pow(cast(a, DType::float64), cast(b, DType::float64));
}
Tensor float_power(In a, Scalar b) {
  check_arithmetic({"float_power", a.location}, a.given());
  return pow(cast(a, DType::float64), b.real());
}
Tensor float_power(Scalar a, In b) {
  check_arithmetic({"float_power", b.location}, b.given());
  return pow(a.real(), cast(b, DType::float64));
}
Tensor ldexp(In a, In b) {
  check_numbers({"ldexp", a.location}, a, b);
  return *a * pow(2.0, *b);
}

// ------------------------------------------------------------ parts and choices
Tensor trunc(In x) {
  check_arithmetic({"trunc", x.location}, x.given());
  return where(*x < 0, ceil(*x), floor(*x));
}
Tensor fix(In x) { return trunc({*x, x.location}); }
FUNCTION(frac, x - trunc(x), dy)
MantissaExponent frexp(In x) {
  check_floating({"frexp", x.location}, x.given());
  const Tensor size = abs(*x).detach(), ordinary = (size > 0) & (size < infinity);
  const Tensor e = where(ordinary, floor(log2(size)) + 1, 0), half = floor(e * 0.5);
  const auto scaled = [&](const Tensor& t) {  // 2^-e alone may leave the range
    return t * pow(2.0, -half) * pow(2.0, half - e);
  };
  const Tensor m = scaled(size);  // log2 may have rounded up to an integer
  const Tensor off = to((m >= 1) & ordinary, m.dtype()) - to((m < 0.5) & ordinary, m.dtype());
  return {scaled(*x) * pow(2.0, -off), to(e + off, DType::int32)};
}
Tensor positive(In x) {
  const Call call{"positive", x.location};
  check_arithmetic(call, x.given());
  require<DTypeError>(x->dtype() != DType::boolean, call,
                      "bools have no sign; convert with to(int64)");
  return *x;
}
FUNCTION_2(copysign, where(signbit(a) == signbit(b), a, -a),
           DERIVATIVE(where(a == 0, 0, where(signbit(a) == signbit(b), dy, -dy))), nullptr)
Tensor copysign(In a, Scalar b) {
  const DType dtype = real_dtype(result_type(a.given(), b));
  return cast(copysign({*a, a.location}, as_tensor(b, *a)), dtype);
}
Tensor fmax(In a, In b) {
  check_numbers({"fmax", a.location}, a, b);
  return where(isnan(*b), *a, where(isnan(*a), *b, maximum(*a, *b)));
}
Tensor fmin(In a, In b) {
  check_numbers({"fmin", a.location}, a, b);
  return where(isnan(*b), *a, where(isnan(*a), *b, minimum(*a, *b)));
}

/// The next value after a is a ± u (1 + 2u) |a|, rounded to the dtype, whose unit roundoff is u
/// (Rump, Zimmermann, Boldo and Melquiond, Computing predecessor and successor in rounding to
/// nearest, 2009). If |a| < 1, a / u² takes the place of a, so that no product is subnormal. Up to
/// the smallest normal value, neighbours are 2u times that value apart.
static Tensor neighbour(const Tensor& a, const Tensor& b, DType dtype) {
  const double u = 1 - largest_below(1, dtype), largest = largest_below(infinity, dtype),
               normal = 4 * (1 - u) / largest;
  const Tensor finite = clamp(a, -largest, largest), size = abs(finite);
  const auto moved = [&](const Tensor& t, const auto& by) { return where(b > a, t + by, t - by); };
  const Tensor scaled = where(size < 1, finite / (u * u), finite),
               far = moved(scaled, abs(scaled) * (u * (1 + 2 * u))),
               rescaled = where(size < 1, far * (u * u), far),
               next = where(size <= normal, moved(finite, 2 * u * normal), rescaled),
               of_infinity = where(finite == a, next, finite),
               signed_zero = where(of_infinity == 0, a * 0, of_infinity);
  return where((a == b) | isnan(b), b, signed_zero);
}

/// da = dy, but 0 where a equals b.
Tensor nextafter(In a, In b) {
  const Call call{"nextafter", a.location};
  const DType dtype = check_pair(call, a, b);
  check_floating(call, *a), check_floating(call, *b);
  return apply(
      {.name = "nextafter",
       .inputs = {Tensors{cast(a, dtype), cast(b, dtype)}, a.location},
       .formula = [dtype](const Tensors& in) { return neighbour(in[0], in[1], dtype); },
       .keep = {Keep::input(0), Keep::input(1)},
       .derivatives = {[](Dy dy, Saved s) { return where(s.input(0) == s.input(1), 0, dy); }}});
}

Tensor nan_to_num(In x, double nan, std::optional<double> posinf, std::optional<double> neginf) {
  check_arithmetic({"nan_to_num", x.location}, x.given());
  if (!is_floating(x->dtype())) return *x;
  const double largest = largest_below(infinity, x->dtype());
  const Tensor finite_above = where(*x == infinity, posinf.value_or(largest), *x);
  const Tensor finite = where(*x == -infinity, neginf.value_or(-largest), finite_above);
  return where(isnan(*x), nan, finite);
}
Tensor lcm(In a, In b) {
  check_numbers({"lcm", a.location}, a, b);
  return abs(floor_divide(*a, gcd({*a, a.location}, *b)) * *b);
}

}  // namespace tinygrad
