// SPDX-License-Identifier: MIT
// The mathematical functions of formulas (exp, log, tanh, sin, erf, power ...) on vectors. Errors
// are about 2 units in the last place for float, and also for double in exp, log and functions made
// of them; sin, cos, erf and power of doubles call the C library lane by lane. NaN in gives NaN
// out; infinities, zeros and subnormals are handled.
#pragma once
#include "backends/cpu/vector.h"

namespace tinygrad::cpu {
namespace {

// ---------------------------------------------------------------- constants of the two formats
template <class T> struct Format;
template <> struct Format<float> {
  using Int = std::int32_t;
  static constexpr int fraction_bits = 23, bias = 127, terms_of_exp = 6, terms_of_log = 5,
                       terms_of_atan = 8;
  static constexpr float infinity = __builtin_inff(), max_exp = 89, min_exp = -104, min_expm1 = -18;
  static constexpr float ln2_high = 0x1.62ep-1f,
                         ln2_low = 0x1.0bfbe8p-15f;  // high times an exponent is exact
  static constexpr float min_normal = 0x1p-126f;
};
template <> struct Format<double> {
  using Int = std::int64_t;
  static constexpr int fraction_bits = 52, bias = 1023, terms_of_exp = 12, terms_of_log = 11,
                       terms_of_atan = 19;
  static constexpr double infinity = __builtin_inf(), max_exp = 710, min_exp = -746,
                          min_expm1 = -38;
  static constexpr double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
  static constexpr double min_normal = 0x1p-1022;
};
template <class T> using Bits = typename Vec<T>::Bits;
template <class T> TINYGRAD_INLINE Bits<T> bits(Vec<T> x) { return Bits<T>(x.raw); }
template <class T> TINYGRAD_INLINE Vec<T> from_bits(Bits<T> b) { return typename Vec<T>::Raw(b); }
template <class T> TINYGRAD_INLINE Vec<T> from_integers(Bits<T> n) {
  return __builtin_convertvector(n, typename Vec<T>::Raw);
}

template <class T> TINYGRAD_INLINE Vec<T> magnitude(Vec<T> x) {
  constexpr auto all = typename Format<T>::Int((std::uint64_t(1) << (8 * sizeof(T) - 1)) - 1);
  return from_bits<T>(bits(x) & all);
}
/// |x| with the sign of s.
template <class T> TINYGRAD_INLINE Vec<T> with_sign(Vec<T> x, Vec<T> s) {
  constexpr auto all = typename Format<T>::Int((std::uint64_t(1) << (8 * sizeof(T) - 1)) - 1);
  return from_bits<T>((bits(x) & all) | (bits(s) & ~all));
}
/// 2^n, if that is a normal number.
template <class T> TINYGRAD_INLINE Vec<T> power_of_two(Bits<T> n) {
  return from_bits<T>((n + Format<T>::bias) << Format<T>::fraction_bits);
}
/// x rounded to the nearest integer, as a T and as an integer n, for |x| well inside Int's range:
/// adding 1.5 * 2^23 (for float) rounds.
template <class T> TINYGRAD_INLINE Vec<T> nearest(Vec<T> x, Bits<T>& n) {
  const Vec<T> magic = T(3) * T(std::int64_t(1) << (Format<T>::fraction_bits - 1)),
               shifted = x + magic;
  n = bits(shifted) - bits(magic);
  return shifted - magic;
}
template <class F, class T> TINYGRAD_INLINE Vec<T> each_lane(Vec<T> x, const F& f) {
  for (int i = 0; i < lanes<T>; ++i) x.raw[i] = f(x[i]);
  return x;
}

// ---------------------------------------------------------------- rounding
template <class T> TINYGRAD_INLINE Vec<T> round_floating(Vec<T> x) {
  const Vec<T> t = magnitude(x), whole = T(std::int64_t(1) << Format<T>::fraction_bits);
  return with_sign(where(t < whole, (t + whole) - whole, t), x);
}
template <class T> TINYGRAD_INLINE Vec<T> floor_floating(Vec<T> x) {
  const Vec<T> r = round_floating(x);
  return with_sign(where(r > x, r - 1, r), x);
}
template <class T> TINYGRAD_INLINE Vec<T> ceil_floating(Vec<T> x) {
  const Vec<T> r = round_floating(x);
  return with_sign(where(r < x, r + 1, r), x);
}

// ---------------------------------------------------------------- exp and log
/// (e^r - 1) for x = n ln 2 + r, |r| <= ln 2 / 2: r + r^2 / 2! + r^3 / 3! + ...
template <class T> TINYGRAD_INLINE Vec<T> reduced_expm1(Vec<T> x, Bits<T>& n) {
  using F = Format<T>;
  const Vec<T> k = nearest(x * T(1.4426950408889634), n),
               r = (x - k * F::ln2_high) - k * F::ln2_low;
  T factorial = 1;
  for (int i = 2; i <= F::terms_of_exp + 1; ++i) factorial *= i;
  Vec<T> sum = 1 / factorial;
  for (int i = F::terms_of_exp + 1; i > 2; --i) factorial /= i, sum = sum * r + 1 / factorial;
  return r + r * r * sum;
}
template <class T> TINYGRAD_INLINE Vec<T> exp_floating(Vec<T> x) {
  const Vec<T> high = Format<T>::max_exp, low = Format<T>::min_exp;
  x = where(x > high, high, where(x < low, low, x));
  Bits<T> n;
  const Vec<T> y = 1 + reduced_expm1(x, n);
  const Bits<T> half =
      n >> 1;  // two factors, so that results beyond the normal numbers are rounded and not lost
  return y * power_of_two<T>(half) * power_of_two<T>(n - half);
}
template <class T> TINYGRAD_INLINE Vec<T> expm1_floating(Vec<T> x) {
  const Vec<T> high = Format<T>::max_exp, low = Format<T>::min_expm1;
  const Vec<T> inside = where(x > high, high, where(x < low, low, x));
  Bits<T> n;
  const Vec<T> r = reduced_expm1(inside, n),
               scale = power_of_two<T>(n - 1);  // half of 2^n: the largest 2^n overflows
  return where(x == 0, x, (scale * r + (scale - T(0.5))) * 2);
}
/// log x for x = 2^e m, m in [0.7, 1.4), f = m - 1, s = f / (2 + f): log(1 + f) = f - f^2/2 + s
/// (f^2/2 + 2 s^2/3 + 2 s^4/5 + ...).
template <class T> TINYGRAD_INLINE Vec<T> log_floating(Vec<T> x) {
  using F = Format<T>;
  using Int = typename F::Int;
  constexpr int lift = sizeof(T) == 4 ? 30 : 54;  // 2^lift times a subnormal is normal
  constexpr Int root_half =
      sizeof(T) == 4 ? Int(0x3F3504F3) : Int(0x3FE6A09E667F3BCD);  // the bits of sqrt(1/2)
  constexpr Int one = Int(F::bias) << F::fraction_bits, fraction = (Int(1) << F::fraction_bits) - 1;
  const Mask<T> subnormal = x < F::min_normal;
  const Bits<T> from_root = bits(where(subnormal, x * T(Int(1) << lift), x)) + (one - root_half);
  const Vec<T> e = from_integers<T>((from_root >> F::fraction_bits) - F::bias) -
                   where(subnormal, lift, Vec<T>(0));
  const Vec<T> f = from_bits<T>((from_root & fraction) + root_half) - 1, s = f / (2 + f), z = s * s,
               half = T(0.5) * f * f;
  Vec<T> sum = T(2) / (2 * F::terms_of_log + 1);
  for (int i = F::terms_of_log - 1; i > 0; --i) sum = sum * z + T(2) / (2 * i + 1);
  const Vec<T> y = e * F::ln2_high - ((half - (s * (half + sum * z) + e * F::ln2_low)) - f);
  const Vec<T> outside = where(x == 0, -F::infinity, Vec<T>(T(__builtin_nan(""))));
  return where(x < F::infinity, where(x > 0, y, outside), x);
}
/// log(u) x / (u - 1) for u = 1 + x rounded: the errors of u cancel.
template <class T> TINYGRAD_INLINE Vec<T> log1p_floating(Vec<T> x) {
  const Vec<T> u = 1 + x;
  return where(u == 1, x, where(u < Format<T>::infinity, log_floating(u) * (x / (u - 1)), u));
}
template <class T> TINYGRAD_INLINE Vec<T> tanh_floating(Vec<T> x) {
  const Vec<T> t = expm1_floating(-2 * magnitude(x));
  return with_sign(t / (t + 2), x);
}
/// atan t = pi / 2 - atan(1 / t) for t > 1, atan u = pi / 4 + atan((u - 1) / (u + 1)) for
/// u > tan(pi / 8), and below v - v^3 / 3 + v^5 / 5 - ...
template <class T> TINYGRAD_INLINE Vec<T> atan_floating(Vec<T> x) {
  constexpr T pi = T(3.14159265358979323846);
  const Vec<T> t = magnitude(x), u = where(t > 1, 1 / t, t);
  const Mask<T> above = u > T(0.41421356237309505);
  const Vec<T> v = where(above, (u - 1) / (u + 1), u), z = v * v;
  Vec<T> sum = 0;
  for (int i = Format<T>::terms_of_atan; i > 0; --i)
    sum = T(i % 2 ? -1 : 1) / (2 * i + 1) + z * sum;
  const Vec<T> series = v + v * (z * sum), y = where(above, pi / 4 + series, series);
  return with_sign(where(t > 1, pi / 2 - y, y), x);
}

// ---------------------------------------------------------------- float's sin, cos, log2, log10
// and power, in double
TINYGRAD_INLINE void widen(Vec<float> x, Vec<double> (&wide)[2]) {
  typedef float Half __attribute__((vector_size(width / 2)));
  Half halves[2];
  std::memcpy(halves, &x, width);
  for (int i = 0; i < 2; ++i)
    wide[i] = __builtin_convertvector(halves[i], typename Vec<double>::Raw);
}
TINYGRAD_INLINE Vec<float> narrow(const Vec<double> (&wide)[2]) {
  typedef float Half __attribute__((vector_size(width / 2)));
  const Half halves[2] = {__builtin_convertvector(wide[0].raw, Half),
                          __builtin_convertvector(wide[1].raw, Half)};
  Vec<float> x;
  std::memcpy(&x, halves, width);
  return x;
}
template <class F> TINYGRAD_INLINE Vec<float> in_double(Vec<float> x, const F& f) {
  Vec<double> wide[2];
  widen(x, wide);
  for (Vec<double>& w : wide) w = f(w);
  return narrow(wide);
}
/// sin(x + quarter pi / 2) for |x| < 2^20, to float's precision.
TINYGRAD_INLINE Vec<double> sin_of_moderate(Vec<double> x, int quarter) {
  Bits<double> n;
  const Vec<double> k = nearest(x * 0.63661977236758134, n);
  const Vec<double> r = (x - k * 0x1.921fb544p+0) - k * 0x1.0b4611a626331p-34, z = r * r;
  const Vec<double> odd =
      r * (1 + z * (-1. / 6 +
                    z * (1. / 120 + z * (-1. / 5040 + z * (1. / 362880 + z * (-1. / 39916800))))));
  const Vec<double> even =
      1 + z * (-0.5 +
               z * (1. / 24 + z * (-1. / 720 +
                                   z * (1. / 40320 + z * (-1. / 3628800 + z * (1. / 479001600))))));
  n += quarter;
  const Vec<double> y = where({(n & 1) != 0}, even, odd);
  return where({(n & 2) != 0}, -y, y);
}
template <class F>
TINYGRAD_INLINE Vec<float> sin_or_cos(Vec<float> x, int quarter, const F& precise) {
  Vec<float> y = in_double(x, [&](Vec<double> w) { return sin_of_moderate(w, quarter); });
  const Mask<float> large = !(magnitude(x) < 0x1p20f);
  if (any(large))
    y = where(large, each_lane(x, [&](float v) { return float(precise(double(v))); }), y);
  return y;
}
/// a^b as e^(b log |a|) in double, with the sign of a if b is odd.
TINYGRAD_INLINE Vec<double> power_to_float(Vec<double> a, Vec<double> b) {
  const Vec<double> size = exp_floating(b * log_floating(magnitude(a))), half = b * 0.5;
  const Mask<double> whole = b == round_floating(b),
                     odd = whole & (half != round_floating(half)) & (magnitude(b) < 0x1p53);
  const Mask<double> negative = {bits(a) < 0};
  const Vec<double> nan = __builtin_nan("");
  Vec<double> y = where(negative & odd, -size, size);
  y = where((a < 0) & (a > -Format<double>::infinity) & !whole, nan, y);
  return where((b == 0) | (a == 1) | ((a == -1) & (magnitude(b) == Format<double>::infinity)), 1,
               y);
}

// ---------------------------------------------------------------- the functions by dtype
// clang-format off
#define FLOATING(name)                                                             \
  TINYGRAD_INLINE Vec<float> name(Vec<float> x) { return name##_floating(x); }     \
  TINYGRAD_INLINE Vec<double> name(Vec<double> x) { return name##_floating(x); }
FLOATING(exp) FLOATING(expm1) FLOATING(log) FLOATING(log1p) FLOATING(tanh) FLOATING(atan)
FLOATING(round) FLOATING(floor) FLOATING(ceil)
#undef FLOATING
#define DOUBLE(name)                                                               \
  TINYGRAD_INLINE Vec<double> name(Vec<double> x) {                                \
    return each_lane(x, [](double v) { return __builtin_##name(v); });             \
  }
DOUBLE(log2) DOUBLE(log10) DOUBLE(sin) DOUBLE(cos) DOUBLE(erf) DOUBLE(erfc)
#undef DOUBLE
    // clang-format on
    TINYGRAD_INLINE Vec<float> log2(Vec<float> x) {
  return in_double(x, [](Vec<double> w) { return log_floating(w) * 1.4426950408889634; });
}
TINYGRAD_INLINE Vec<float> log10(Vec<float> x) {
  return in_double(x, [](Vec<double> w) { return log_floating(w) * 0.43429448190325183; });
}
TINYGRAD_INLINE Vec<std::int64_t> round(Vec<std::int64_t> x) { return x; }
TINYGRAD_INLINE Vec<std::int64_t> floor(Vec<std::int64_t> x) { return x; }
TINYGRAD_INLINE Vec<std::int64_t> ceil(Vec<std::int64_t> x) { return x; }
TINYGRAD_INLINE Vec<float> sin(Vec<float> x) {
  return sin_or_cos(x, 0, [](double v) { return __builtin_sin(v); });
}
TINYGRAD_INLINE Vec<float> cos(Vec<float> x) {
  return sin_or_cos(x, 1, [](double v) { return __builtin_cos(v); });
}
TINYGRAD_INLINE Vec<float> erfc(Vec<float> x) {
  return each_lane(x, [](float v) { return __builtin_erfcf(v); });
}

TINYGRAD_INLINE Vec<float> sqrt(Vec<float> x) {
#if defined(__AVX512F__)
  return typename Vec<float>::Raw(_mm512_sqrt_ps(__m512(x.raw)));
#elif defined(__AVX2__)
  return typename Vec<float>::Raw(_mm256_sqrt_ps(__m256(x.raw)));
#elif defined(__SSE2__)
  return typename Vec<float>::Raw(_mm_sqrt_ps(__m128(x.raw)));
#else
  return each_lane(x, [](float v) { return __builtin_sqrtf(v); });
#endif
}
TINYGRAD_INLINE Vec<double> sqrt(Vec<double> x) {
#if defined(__AVX512F__)
  return typename Vec<double>::Raw(_mm512_sqrt_pd(__m512d(x.raw)));
#elif defined(__AVX2__)
  return typename Vec<double>::Raw(_mm256_sqrt_pd(__m256d(x.raw)));
#elif defined(__SSE2__)
  return typename Vec<double>::Raw(_mm_sqrt_pd(__m128d(x.raw)));
#else
  return each_lane(x, [](double v) { return __builtin_sqrt(v); });
#endif
}
/// |x| <= 1: the Taylor series 2 / sqrt(pi) sum (-1)^k x^(2k+1) / (k! (2k + 1)). Beyond: 1 - erfc,
/// whose logarithm is a polynomial of degree 8 in |x|, fitted on [0.9, 4.05] to 0.05 units in erf's
/// last place; from 3.92 on erf is 1.
TINYGRAD_INLINE Vec<float> erf(Vec<float> x) {
  const Vec<float> t = magnitude(x), z = x * x;
  Vec<float> series = -1.f / (39916800.f * 23);
  float factorial = 39916800;
  for (int k = 11, sign = 1; k > 0; --k, sign = -sign)
    factorial /= k, series = series * z + sign / (factorial * (2 * k - 1));
  const float logs[] = {1.6044034509832272e-06f, -4.542290844256058e-05f, 0.0005915517103858292f,
                        -0.004735418129712343f,  0.026353519409894943f,   -0.10996254533529282f,
                        -0.6319499611854553f,    -1.1301610469818115f,    0.0003022300370503217f};
  const Vec<float> inside = where(t > 4, 4, t);
  Vec<float> sum = logs[0];
  for (int i = 1; i < 9; ++i) sum = sum * inside + logs[i];
  return where(t <= 1, x * 1.1283791670955126f * series, with_sign(1 - exp(sum), x));
}
TINYGRAD_INLINE Vec<float> power(Vec<float> a, Vec<float> b) {
  Vec<double> x[2], y[2];
  widen(a, x), widen(b, y);
  for (int i = 0; i < 2; ++i) x[i] = power_to_float(x[i], y[i]);
  return narrow(x);
}
TINYGRAD_INLINE Vec<double> power(Vec<double> a, Vec<double> b) {
  for (int i = 0; i < lanes<double>; ++i) a.raw[i] = __builtin_pow(a[i], b[i]);
  return a;
}
/// base^exponent; overflow wraps. Negative exponents give 0, except for bases 1 and -1.
inline std::int64_t integer_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  std::uint64_t result = 1, square = std::uint64_t(base);
  for (; exponent; exponent >>= 1, square *= square)
    if (exponent & 1) result *= square;
  return std::int64_t(result);
}
TINYGRAD_INLINE Vec<std::int64_t> power(Vec<std::int64_t> a, Vec<std::int64_t> b) {
  for (int i = 0; i < lanes<std::int64_t>; ++i) a.raw[i] = integer_power(a[i], b[i]);
  return a;
}
/// a / b; of integers rounded towards 0, and 0 if b is 0.
template <class T> TINYGRAD_INLINE Vec<T> quotient(Vec<T> a, Vec<T> b) { return a / b; }
TINYGRAD_INLINE Vec<float> fmod(Vec<float> a, Vec<float> b) {
  for (int i = 0; i < lanes<float>; ++i) a.raw[i] = __builtin_fmodf(a[i], b[i]);
  return a;
}
TINYGRAD_INLINE Vec<double> fmod(Vec<double> a, Vec<double> b) {
  for (int i = 0; i < lanes<double>; ++i) a.raw[i] = __builtin_fmod(a[i], b[i]);
  return a;
}
TINYGRAD_INLINE Vec<std::int64_t> fmod(Vec<std::int64_t> a, Vec<std::int64_t> b) {
  return a - a / b * b;
}
TINYGRAD_INLINE Vec<std::int64_t> gcd(Vec<std::int64_t> a, Vec<std::int64_t> b) {
  while (any(b != 0)) {
    const Vec<std::int64_t> rest = where(b == 0, 0, fmod(a, b));
    a = where(b == 0, a, b), b = rest;
  }
  return where(a < 0, -a, a);
}

}  // namespace
}  // namespace tinygrad::cpu
