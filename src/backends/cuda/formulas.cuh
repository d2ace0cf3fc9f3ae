// SPDX-License-Identifier: MIT
// The rows of elementwise.def as functors of the device, and the words that formulas are written
// in: tanh_row{p, q, r, s}(x), tanh_grad_0{p, q, r, s}(dy, kept), add_row{...}(a, b),
// add_grad_0{...}(dy, a, b), add_grad_1{...}(dy, a, b). T is float, double or Integer.
#pragma once
#include "backends/cuda/device.cuh"

namespace tinygrad::cuda {

/// int64 that wraps.
struct Integer {
  std::int64_t value;
  __host__ __device__ __forceinline__ Integer(std::int64_t v) : value(v) {}
  friend __device__ __forceinline__ Integer operator-(Integer a) { return wrap(0 - bits(a)); }
  friend __device__ __forceinline__ Integer operator+(Integer a, Integer b) {
    return wrap(bits(a) + bits(b));
  }
  friend __device__ __forceinline__ Integer operator-(Integer a, Integer b) {
    return wrap(bits(a) - bits(b));
  }
  friend __device__ __forceinline__ Integer operator*(Integer a, Integer b) {
    return wrap(bits(a) * bits(b));
  }
  /// Rounded towards 0, and 0 if b is 0.
  friend __device__ __forceinline__ Integer operator/(Integer a, Integer b) {
    return b == 0 ? 0 : b == -1 ? -a : a.value / b.value;
  }
  friend __device__ __forceinline__ Integer operator&(Integer a, Integer b) {
    return a.value & b.value;
  }
  friend __device__ __forceinline__ Integer operator|(Integer a, Integer b) {
    return a.value | b.value;
  }
  friend __device__ __forceinline__ Integer operator^(Integer a, Integer b) {
    return a.value ^ b.value;
  }
  friend __device__ __forceinline__ Integer operator<<(Integer a, Integer b) {
    return wrap(bits(a) << b.value);
  }
  friend __device__ __forceinline__ Integer operator>>(Integer a, Integer b) {
    return a.value >> b.value;
  }
  friend __device__ __forceinline__ bool operator==(Integer a, Integer b) {
    return a.value == b.value;
  }
  friend __device__ __forceinline__ bool operator!=(Integer a, Integer b) {
    return a.value != b.value;
  }
  friend __device__ __forceinline__ bool operator<(Integer a, Integer b) {
    return a.value < b.value;
  }
  friend __device__ __forceinline__ bool operator>(Integer a, Integer b) {
    return a.value > b.value;
  }
  friend __device__ __forceinline__ bool operator<=(Integer a, Integer b) {
    return a.value <= b.value;
  }
  friend __device__ __forceinline__ bool operator>=(Integer a, Integer b) {
    return a.value >= b.value;
  }

 private:
  static __device__ __forceinline__ std::uint64_t bits(Integer a) {
    return static_cast<std::uint64_t>(a.value);
  }
  static __device__ __forceinline__ Integer wrap(std::uint64_t b) {
    return static_cast<std::int64_t>(b);
  }
};

/// The type that formulas are computed in, for elements computed in T.
template <class T> using Word = std::conditional_t<std::is_integral_v<T>, Integer, T>;
__device__ __forceinline__ float plain(float x) { return x; }
__device__ __forceinline__ double plain(double x) { return x; }
__device__ __forceinline__ std::int64_t plain(std::int64_t x) { return x; }
__device__ __forceinline__ std::int64_t plain(Integer x) { return x.value; }
__device__ __forceinline__ bool plain(bool x) { return x; }

namespace formula {

template <class A, class B>
__device__ __forceinline__ auto where(bool condition, A a, B b) -> decltype(a + b) {
  return condition ? decltype(a + b)(a) : decltype(a + b)(b);
}
template <class T> __device__ __forceinline__ bool holds(T condition) { return condition != 0; }
#define WORD(name, function)                                                  \
  __device__ __forceinline__ float name(float x) { return std::function(x); } \
  __device__ __forceinline__ double name(double x) { return std::function(x); }
WORD(exp, exp)
WORD(expm1, expm1)
WORD(log, log)
WORD(log1p, log1p)
WORD(log2, log2)
WORD(log10, log10)
WORD(sqrt, sqrt)
WORD(sin, sin)
WORD(cos, cos)
WORD(tanh, tanh)
WORD(atan, atan)
WORD(erf, erf)
WORD(erfc, erfc)
WORD(floor, floor)
WORD(ceil, ceil)
WORD(round, rint)
#undef WORD
__device__ __forceinline__ float power(float a, float b) { return std::pow(a, b); }
__device__ __forceinline__ double power(double a, double b) { return std::pow(a, b); }
__device__ __forceinline__ float fmod(float a, float b) { return std::fmod(a, b); }
__device__ __forceinline__ double fmod(double a, double b) { return std::fmod(a, b); }
template <class T> __device__ __forceinline__ T quotient(T a, T b) { return a / b; }
__device__ __forceinline__ Integer floor(Integer x) { return x; }
__device__ __forceinline__ Integer ceil(Integer x) { return x; }
__device__ __forceinline__ Integer round(Integer x) { return x; }
/// A negative power is 0, but for bases 1 and -1.
__device__ __forceinline__ Integer power(Integer a, Integer b) {
  if (b < 0) return a == 1 ? 1 : a == -1 ? (b.value & 1 ? -1 : 1) : 0;
  Integer result = 1;
  for (std::int64_t n = b.value; n; n >>= 1, a = a * a)
    if (n & 1) result = result * a;
  return result;
}
__device__ __forceinline__ Integer fmod(Integer a, Integer b) { return a - a / b * b; }
__device__ __forceinline__ Integer gcd(Integer a, Integer b) {
  while (b != 0) {
    const Integer rest = fmod(a, b);
    a = b, b = rest;
  }
  return a < 0 ? -a : a;
}

// Each row is a function too, for the rows below it. In a row's own formula a name like exp means
// the word: overload resolution prefers it to the template.
#define NUMBERS \
  T p, q, r, s; \
  static __device__ __forceinline__ T real(double constant) { return T(constant); }
#define VALUE [[maybe_unused]] T
#define ARGUMENT std::type_identity_t<T>
#define NUMBER_ARGUMENTS ARGUMENT p = 0, ARGUMENT q = 0, ARGUMENT r = 0, ARGUMENT s = 0
#define BODY_any(formula) return T(formula);
#define BODY_real(formula) return T(formula);
#define BODY_integer(formula)                                  \
  if constexpr (std::is_same_v<T, Integer>) return T(formula); \
  else return T();
#define ROW(name, domain, formula, ...)                                                   \
  template <class T> struct name {                                                        \
    NUMBERS                                                                               \
    __device__ __forceinline__ T operator()(__VA_ARGS__) const { BODY_##domain(formula) } \
  };

#define UNARY(name, domain, precision, y_, dx)                                          \
  ROW(name##_row, domain, y_, VALUE x)                                                  \
  template <class T> struct name##_grad_0 { /* kept is x or y, whichever dx mentions */ \
    NUMBERS                                                                             \
    __device__ __forceinline__ T operator()(VALUE dy, T kept) const {                   \
      [[maybe_unused]] const T x = kept, y = kept;                                      \
      return T(dx);                                                                     \
    }                                                                                   \
  };                                                                                    \
  template <class T> __device__ __forceinline__ T name(T x, NUMBER_ARGUMENTS) {         \
    return name##_row<T>{p, q, r, s}(x);                                                \
  }
#define BINARY(name, domain, precision, y, da, db)                                          \
  ROW(name##_row, domain, y, VALUE a, VALUE b)                                              \
  ROW(name##_grad_0, any, da, VALUE dy, VALUE a, VALUE b)                                   \
  ROW(name##_grad_1, any, db, VALUE dy, VALUE a, VALUE b)                                   \
  template <class T> __device__ __forceinline__ T name(T a, ARGUMENT b, NUMBER_ARGUMENTS) { \
    return name##_row<T>{p, q, r, s}(a, b);                                                 \
  }
#define TERNARY(name, domain, precision, y, da, db, dc)                              \
  ROW(name##_row, domain, y, VALUE a, VALUE b, VALUE c)                              \
  ROW(name##_grad_0, any, da, VALUE dy, VALUE a, VALUE b, VALUE c)                   \
  ROW(name##_grad_1, any, db, VALUE dy, VALUE a, VALUE b, VALUE c)                   \
  ROW(name##_grad_2, any, dc, VALUE dy, VALUE a, VALUE b, VALUE c)                   \
  template <class T>                                                                 \
  __device__ __forceinline__ T name(T a, ARGUMENT b, ARGUMENT c, NUMBER_ARGUMENTS) { \
    return name##_row<T>{p, q, r, s}(a, b, c);                                       \
  }
#define COMPARE(name, formula)                                                     \
  template <class T> struct name##_row {                                           \
    __device__ __forceinline__ bool operator()(T a, T b) const { return formula; } \
  };                                                                               \
  template <class T> __device__ __forceinline__ bool name(T a, ARGUMENT b) {       \
    return name##_row<T>()(a, b);                                                  \
  }
#include "tinygrad/elementwise.def"
#undef NUMBERS
#undef VALUE
#undef ARGUMENT
#undef NUMBER_ARGUMENTS
#undef ROW
#undef BODY_any
#undef BODY_real
#undef BODY_integer

}  // namespace formula
}  // namespace tinygrad::cuda
