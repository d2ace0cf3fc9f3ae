// SPDX-License-Identifier: MIT
// The gamma function's relatives: asymptotic series after a shift by the recurrence, and the
// reflection formula for x < 1/2. The inverse of erf: Halley's iteration.
#include <cmath>
#include <numbers>
#include <vector>

#include "core/ops/function.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

using std::numbers::pi;

/// The Bernoulli numbers B_2, B_4, ...
constexpr double bernoulli_numbers[] = {1. / 6,  -1. / 30,     1. / 42, -1. / 30,
                                        5. / 66, -691. / 2730, 7. / 6,  -3617. / 510};
constexpr int shift = 10;  // the series is exact from here on

/// Σ_k c(k) z^k, k = 0 ... last.
template <class C> Tensor polynomial(const Tensor& z, int last, const C& c) {
  Tensor sum = full_like(z, c(last));
  for (int k = last; k-- > 0;) sum = sum * z + c(k);
  return sum;
}
/// Euler and Maclaurin: Σ n^-m from n = s on is s^-m (s / (m - 1) + 1/2 + Σ_k c(m, k) s^(-2k - 1)).
double maclaurin(double m, int k) {
  double c = bernoulli_numbers[k] / std::tgamma(2 * k + 3);
  for (int j = 0; j <= 2 * k; ++j) c *= m + j;
  return c;
}
/// ζ(m) - 1 = Σ n^-m, n = 2, 3, ...
double zeta_minus_1(int m) {
  double sum = 0, rest = shift / (m - 1.) + 0.5;
  for (int n = 2; n < shift; ++n) sum += std::pow(n, -m);
  for (int k = 0; k < 8; ++k) rest += maclaurin(m, k) * std::pow(shift, -2 * k - 1);
  return sum + std::pow(shift, -m) * rest;
}
/// log Γ(2 + z) for |z| <= 1/2: z (1 - γ + Σ_k (-1)^k (ζ(k) - 1) / k z^(k - 1)).
Tensor near_two(const Tensor& z) {
  return z * polynomial(z, 26, [](int k) {
           return k == 0 ? 1 - std::numbers::egamma
                         : (k % 2 ? 1 : -1) * zeta_minus_1(k + 1) / (k + 1);
         });
}
/// Stirling's series of log Γ(s), s >= 10.
Tensor stirling(const Tensor& s) {
  const Tensor series = polynomial(
      1 / square(s), 7, [](int k) { return bernoulli_numbers[k] / (2 * (k + 1) * (2 * k + 1)); });
  return (s - 0.5) * (log(s) - 1) + (0.5 * std::log(2 * pi) - 0.5) + series / s;
}
/// log Γ(x), x >= 1/2: below 10 it is log Γ of a number near 2 and the logarithm of a product.
Tensor log_gamma(const Tensor& x) {
  const Tensor steps = clamp(floor(x - 1.5), -1, shift - 2), z = clamp(x - 2 - steps, -0.5, 0.5);
  Tensor product = ones_like(x);
  for (int i = 1; i < shift; ++i) product = product * where(steps >= i, x - i, 1);
  const Tensor near = near_two(z) + log(product) - where(steps < 0, log1p(z), 0);
  return where(x < shift, near, stirling(maximum(x, shift)));
}
/// ψ(x), x >= 1/2.
Tensor psi(const Tensor& x) {
  Tensor sum = zeros_like(x);
  for (int i = 0; i < shift; ++i) sum = sum + 1 / (x + i);
  const Tensor s = x + shift, z = 1 / square(s),
               series =
                   polynomial(z, 7, [](int k) { return bernoulli_numbers[k] / (2 * (k + 1)); });
  return log(s) - 0.5 / s - z * series - sum;
}
/// Hurwitz's ζ(m, x) = Σ_i (x + i)^-m, x >= 1/2.
Tensor hurwitz(double m, const Tensor& x) {
  Tensor sum = zeros_like(x);
  for (int i = 0; i < shift; ++i) sum = sum + pow(x + i, -m);
  const Tensor s = x + shift,
               series = polynomial(1 / square(s), 7, [m](int k) { return maclaurin(m, k); });
  return sum + pow(s, 1 - m) / (m - 1) + pow(s, -m) * (0.5 + series / s);
}

/// The distance of x to the nearest integer, with its sign.
Tensor from_integer(const Tensor& x) { return x - round(x); }
/// cot(π x), exact at its zeros.
Tensor cot_of_pi(const Tensor& x) {
  const Tensor r = from_integer(x), size = abs(r),
               t = tan(pi * where(size > 0.25, 0.5 - size, size));
  return where(r < 0, -1.0, 1.0) * where(size > 0.25, t, 1 / t);
}
Tensor right_half(const Tensor& x) { return where(x < 0.5, 1 - x, x); }
Tensor is_pole(const Tensor& x) { return (x <= 0) & (x == floor(x)); }

Tensor any_log_gamma(const Tensor& x) {
  const Tensor y = log_gamma(right_half(x)), sine = abs(sin(pi * from_integer(x)));
  return where(is_pole(x), infinity, where(x < 0.5, log(pi / sine) - y, y));
}
Tensor any_psi(const Tensor& x) {
  const Tensor y = psi(right_half(x)), at_pole = where(x == 0, -1 / x, NAN);
  return where(is_pole(x), at_pole, where(x < 0.5, y - pi * cot_of_pi(x), y));
}
/// The n-th derivative of cot is a polynomial in cot, P' (-1 - cot²) after P.
Tensor derivative_of_cot(int n, const Tensor& cot) {
  std::vector<double> p = {0, 1};
  for (int i = 0; i < n; ++i) {
    std::vector<double> next(p.size() + 1);
    for (std::size_t k = 1; k < p.size(); ++k)
      next[k - 1] -= double(k) * p[k], next[k + 1] -= double(k) * p[k];
    p = next;
  }
  return polynomial(cot, int(p.size()) - 1, [&p](int k) { return p[std::size_t(k)]; });
}
Tensor any_polygamma(int n, const Tensor& x) {
  const double factorial = std::tgamma(n + 1), sign = n % 2 ? 1 : -1;
  const Tensor y = sign * factorial * hurwitz(n + 1, right_half(x)),
               reflected = std::pow(pi, n + 1) * derivative_of_cot(n, cot_of_pi(x));
  return where(x < 0.5, -sign * y - reflected, y);
}

/// erf⁻¹(x), |x| <= 1, from Winitzki's approximation (2008). The step is erf(y) - x, or near 1
/// (1 - x) - erfc(y), over its derivative.
Tensor inverse_of_erf(const Tensor& x) {
  constexpr double a = 0.147, t = 2 / (pi * a);
  const Tensor size = abs(x), half_log = 0.5 * log1p(-square(size)), u = half_log + t;
  Tensor y = sqrt(maximum(sqrt(maximum(square(u) - half_log * (2 / a), 0)) - u, 0));
  y = where(size < 1, y, 0);
  for (int i = 0; i < 3; ++i) {
    const Tensor error = where(size < 0.5, erf(y) - size, (1 - size) - erfc(y)),
                 step = error * exp(square(y)) * (0.5 * std::sqrt(pi));
    y = y - step / (1 + y * step);
  }
  return where(size == 1, infinity, where(size < 1, y, NAN)) * where(x < 0, -1.0, 1.0);
}

}  // namespace

FUNCTION(lgamma, any_log_gamma(x), dy* digamma(x))
FUNCTION(digamma, any_psi(x), dy* polygamma(1, x))
FUNCTION(erfinv, inverse_of_erf(x), dy*(exp(square(erfinv(x))) * (0.5 * std::sqrt(pi))))

Tensor polygamma(int n, In x) {
  const Call call{"polygamma", x.location};
  require(n >= 0, call, "n must not be negative, got ", n);
  if (n == 0) return digamma({*x, x.location});
  check_arithmetic(call, x.given());
  const Tensor t = cast(x, real_dtype(x->dtype()));
  return apply(
      {.name = call.op,
       .inputs = {In(t, x.location)},
       .formula = [n](const Tensors& in) { return any_polygamma(n, in[0]); },
       .keep = {Keep::input(0)},
       .derivatives = {[n](Dy dy, Saved s) { return dy * polygamma(n + 1, s.input(0)); }}});
}
Tensor mvlgamma(In x, int p) {
  const Call call{"mvlgamma", x.location};
  require(p >= 1, call, "p must be positive, got ", p);
  check_arithmetic(call, x.given());
  Tensor y = lgamma({*x, x.location});
  for (int j = 1; j < p; ++j) y = y + lgamma(*x - 0.5 * j);
  return y + 0.25 * p * (p - 1) * std::log(pi);
}

}  // namespace tinygrad
