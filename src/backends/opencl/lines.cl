// The lines of elementwise.def as functions on T, a number or a vector of them: line_tanh(x, p, q), grad_tanh(dy, x, y, p, q),
// line_add(a, b), first_add(dy, a, b), second_add(dy, a, b). ELEMENT is the type of T's numbers; INTEGERS is defined where that is long,
// and then there are neither lines of the domain `real` nor derivatives.

#define T VEC(ELEMENT)

#define where(condition, a, b) ((condition) ? (T)(a) : (T)(b))
#define real(constant) ((ELEMENT)(constant))
// Lines that other lines use. (Some drivers' own functions are macros.)
#undef sign
#undef round
#define sign(x) line_sign(x, 0, 0)
#define square(x) line_square(x, 0, 0)
#define sigmoid(x) line_sigmoid(x, 0, 0)
#define softplus(x, p, q) line_softplus(x, p, q)

#ifdef INTEGERS
// Integers are whole. They wrap; a negative power is 0, but for bases 1 and -1.
#undef floor
#undef ceil
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
#if WIDTH == 1
#define power(a, b) integer_power(a, b)
#else
T power(T a, T b) {
  long bases[WIDTH], exponents[WIDTH];
  VSTORE(a, bases);
  VSTORE(b, exponents);
  for (int i = 0; i < WIDTH; ++i) bases[i] = integer_power(bases[i], exponents[i]);
  return VLOAD(bases);
}
#endif
#define UNARY_number(line, formula) T line(T x, const ELEMENT p, const ELEMENT q) { return formula; }
#define UNARY_real(line, formula)
#define BINARY_number(line, formula) T line(T a, T b) { return formula; }
#define BINARY_real(line, formula)
#define UNARY(name, domain, formula, derivative) UNARY_##domain(line_##name, formula)
#define BINARY(name, domain, formula, first, second) BINARY_##domain(line_##name, formula)
#else
#ifndef REALS_64
/// OpenCL allows erf an error of 16 units in the last place, and some drivers call it lane by lane. |x| <= 1: the Taylor series.
/// Beyond: 1 - erfc, whose logarithm is a polynomial of degree 8, fitted on [0.9, 4.05]; from 3.92 on erf is 1. As on the CPU.
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
#endif
#define round(x) rint(x)
#define power(a, b) pow((T)(a), (T)(b))
#define UNARY(name, domain, formula, derivative)                           \
  T line_##name(T x, const ELEMENT p, const ELEMENT q) { return formula; } \
  T grad_##name(T dy, T x, T y, const ELEMENT p, const ELEMENT q) { return (T)(derivative); }
#define BINARY(name, domain, formula, first, second)     \
  T line_##name(T a, T b) { return formula; }            \
  T first_##name(T dy, T a, T b) { return (T)(first); } \
  T second_##name(T dy, T a, T b) { return (T)(second); }
#endif
#define COMPARE(name, formula) VEC(MASK(ELEMENT)) line_##name(T a, T b) { return formula; }
#include "elementwise.def"
