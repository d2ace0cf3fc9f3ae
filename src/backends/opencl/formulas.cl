// SPDX-License-Identifier: MIT
// The rows of elementwise.def as functions on T, a scalar or a vector of ELEMENT: row_tanh(x, p, q,
// r, s), row_add(a, b, p, q, r, s), ... and their derivatives grad_0_tanh(dy, x, y, p, q, r, s),
// grad_0_add(dy, a, b, p, q, r, s), grad_1_add, ... INTEGERS is defined if ELEMENT is long; then
// there are neither rows of the domain `real` nor derivatives. Otherwise there are no rows of the
// domain `integer`.

#define T VEC(ELEMENT)

// ------------------------------------------------------------ the words of formulas
#define where(condition, a, b) ((condition) ? (T)(a) : (T)(b))
#define holds(condition) ((condition) != 0)
#define real(constant) ((ELEMENT)(constant))
#undef round  // a macro in some drivers

/// Defines name(a, b), which calls of_lane(a, b) for each element of vectors.
#define BY_LANE(name, of_lane)                                            \
  T name(T a, T b) {                                                      \
    ELEMENT left[WIDTH], right[WIDTH];                                    \
    VSTORE(a, left);                                                      \
    VSTORE(b, right);                                                     \
    for (int i = 0; i < WIDTH; ++i) left[i] = of_lane(left[i], right[i]); \
    return VLOAD(left);                                                   \
  }

#ifdef INTEGERS
// Integers are whole. They wrap; a negative power is 0, but for bases 1 and -1, and so is a
// quotient by 0.
#undef floor
#undef ceil
#undef fmod
#define floor(x) (x)
#define ceil(x) (x)
#define round(x) (x)
long integer_power(long base, long exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? -1 : 1) : 0;
  ulong result = 1, factor = (ulong)base;
  for (; exponent; exponent >>= 1, factor *= factor)
    if (exponent & 1) result *= factor;
  return (long)result;
}
long integer_quotient(long a, long b) {
  return b == 0 ? 0 : b == -1 ? (long)(0 - (ulong)a) : a / b;
}
long integer_gcd(long a, long b) {
  while (b != 0) {
    const long rest = a - integer_quotient(a, b) * b;
    a = b;
    b = rest;
  }
  return a < 0 ? (long)(0 - (ulong)a) : a;
}
BY_LANE(power, integer_power)
BY_LANE(quotient, integer_quotient)
BY_LANE(gcd, integer_gcd)
T fmod_of(T a, T b) { return a - quotient(a, b) * b; }
#define fmod(a, b) fmod_of(a, b)
#else
#ifdef REALS_64
// Beside a NaN, PoCL 3.1's pow of vectors of doubles is wrong, and its fmod never ends.
BY_LANE(pow_by_lane, pow)
BY_LANE(fmod_by_lane, fmod)
#undef pow
#undef fmod
#define pow(a, b) pow_by_lane(a, b)
#define fmod(a, b) fmod_by_lane((T)(a), (T)(b))
#else
/// OpenCL allows erf an error of 16 units in the last place, and some drivers call it lane by lane.
/// |x| <= 1: the Taylor series. Beyond: 1 - erfc, whose logarithm is a polynomial of degree 8,
/// fitted on [0.9, 4.05]; from 3.92 on erf is 1. The same as on the CPU.
T erf_of(T x) {
  const T t = fabs(x), z = x * x;
  T series = -1.0f / (39916800.0f * 23);
  series = series * z + 1.0f / (3628800.0f * 21);
  series = series * z - 1.0f / (362880.0f * 19);
  series = series * z + 1.0f / (40320.0f * 17);
  series = series * z - 1.0f / (5040.0f * 15);
  series = series * z + 1.0f / (720.0f * 13);
  series = series * z - 1.0f / (120.0f * 11);
  series = series * z + 1.0f / (24.0f * 9);
  series = series * z - 1.0f / (6.0f * 7);
  series = series * z + 1.0f / (2.0f * 5);
  series = series * z - 1.0f / 3;
  series = series * z + 1;
  const T inside = t > 4 ? (T)(4) : t;
  T sum = 1.6044034509832272e-06f;
  sum = sum * inside - 4.542290844256058e-05f;
  sum = sum * inside + 0.0005915517103858292f;
  sum = sum * inside - 0.004735418129712343f;
  sum = sum * inside + 0.026353519409894943f;
  sum = sum * inside - 0.10996254533529282f;
  sum = sum * inside - 0.6319499611854553f;
  sum = sum * inside - 1.1301610469818115f;
  sum = sum * inside + 0.0003022300370503217f;
  return t <= 1 ? x * 1.1283791670955126f * series : copysign(1 - exp(sum), x);
}
#undef erf
#define erf(x) erf_of(x)
/// tanh is 1 from 9.02 on. OpenCL allows an error of 5 units in the last place, with which
/// 1 - tanh(x)^2 would never become 0.
T tanh_of(T x) { return fabs(x) > (T)(9.1f) ? copysign((T)(1), x) : tanh(x); }
#undef tanh
#define tanh(x) tanh_of(x)
#endif
#define round(x) rint(x)
#define power(a, b) pow((T)(a), (T)(b))
#define quotient(a, b) ((a) / (b))
#endif

// ------------------------------------------------------------ the rows
#define NUMBERS const ELEMENT p, const ELEMENT q, const ELEMENT r, const ELEMENT s
#define COMPARE(name, y) \
  VEC(MASK(ELEMENT)) row_##name(T a, T b) { return y; }
#ifdef INTEGERS
#define IF_real(text)
#define IF_integer(text) text
#define GRADIENT(text)
#else
#define IF_real(text) text
#define IF_integer(text)
#define GRADIENT(text) text
#endif
#define IF_any(text) text
// Names are pasted here: passed on, those of PoCL's functions would expand, which are macros.
// clang-format off
#define UNARY(name, domain, y_, dx) \
  IF_##domain(T row_##name(T x, NUMBERS) { return (T)(y_); }) \
  GRADIENT(T grad_0_##name(T dy, T x, T y, NUMBERS) { return (T)(dx); })
#define BINARY(name, domain, y, da, db) \
  IF_##domain(T row_##name(T a, T b, NUMBERS) { return (T)(y); }) \
  GRADIENT(T grad_0_##name(T dy, T a, T b, NUMBERS) { return (T)(da); }) \
  GRADIENT(T grad_1_##name(T dy, T a, T b, NUMBERS) { return (T)(db); })
#define TERNARY(name, domain, y, da, db, dc) \
  IF_##domain(T row_##name(T a, T b, T c, NUMBERS) { return (T)(y); }) \
  GRADIENT(T grad_0_##name(T dy, T a, T b, T c, NUMBERS) { return (T)(da); }) \
  GRADIENT(T grad_1_##name(T dy, T a, T b, T c, NUMBERS) { return (T)(db); }) \
  GRADIENT(T grad_2_##name(T dy, T a, T b, T c, NUMBERS) { return (T)(dc); })
// clang-format on
// Generated (formula_rows.cpp): each row, and a macro by which the rows below it call it.
#include "formula_rows.cl"
