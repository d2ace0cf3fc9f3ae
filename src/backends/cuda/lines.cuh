// The lines of elementwise.def as functions of the device, and the words that they are written in:
// tanh_line{p, q}(x), tanh_grad{p, q}(dy, kept), add_line{}(a, b), add_first{}(dy, a, b),
// add_second{}(dy, a, b). T is float, double or Integer.
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

/// What a line computes in, for elements computed in T.
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
#define WORD(name, function)                                                  \
  __device__ __forceinline__ float name(float x) { return std::function(x); } \
  __device__ __forceinline__ double name(double x) { return std::function(x); }
WORD(exp, exp)
WORD(expm1, expm1)
WORD(log, log)
WORD(log1p, log1p)
WORD(sqrt, sqrt)
WORD(sin, sin)
WORD(cos, cos)
WORD(tanh, tanh)
WORD(erf, erf)
WORD(floor, floor)
WORD(ceil, ceil)
WORD(round, rint)
#undef WORD
__device__ __forceinline__ float power(float a, float b) { return std::pow(a, b); }
__device__ __forceinline__ double power(double a, double b) { return std::pow(a, b); }
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

// A unary line is a function too, for lines below to use; where it has the name of a word, the word
// is meant: no template wins over it.
#define UNARY(name, domain, formula, derivative)                                            \
  template <class T> struct name##_line {                                                   \
    T p, q;                                                                                 \
    static __device__ __forceinline__ T real(double constant) { return T(constant); }       \
    __device__ __forceinline__ T operator()([[maybe_unused]] T x) const { return formula; } \
  };                                                                                        \
  template <class T> struct name##_grad { /* kept is x or y, whichever the line mentions */ \
    T p, q;                                                                                 \
    static __device__ __forceinline__ T real(double constant) { return T(constant); }       \
    __device__ __forceinline__ T operator()([[maybe_unused]] T dy, T kept) const {          \
      [[maybe_unused]] const T x = kept, y = kept;                                          \
      return derivative;                                                                    \
    }                                                                                       \
  };                                                                                        \
  template <class T>                                                                        \
  __device__ __forceinline__ T name(T x, std::type_identity_t<T> p = 0,                     \
                                    std::type_identity_t<T> q = 0) {                        \
    return name##_line<T>{p, q}(x);                                                         \
  }
#define BINARY(name, domain, formula, da, db)                                            \
  template <class T> struct name##_line {                                                \
    __device__ __forceinline__ T operator()(T a, T b) const { return formula; }          \
  };                                                                                     \
  template <class T> struct name##_first {                                               \
    static __device__ __forceinline__ T real(double constant) { return T(constant); }    \
    __device__ __forceinline__ T operator()([[maybe_unused]] T dy, [[maybe_unused]] T a, \
                                            [[maybe_unused]] T b) const {                \
      return da;                                                                         \
    }                                                                                    \
  };                                                                                     \
  template <class T> struct name##_second {                                              \
    static __device__ __forceinline__ T real(double constant) { return T(constant); }    \
    __device__ __forceinline__ T operator()([[maybe_unused]] T dy, [[maybe_unused]] T a, \
                                            [[maybe_unused]] T b) const {                \
      return db;                                                                         \
    }                                                                                    \
  };
#define COMPARE(name, formula)                                                     \
  template <class T> struct name##_line {                                          \
    __device__ __forceinline__ bool operator()(T a, T b) const { return formula; } \
  };
#include "tinygrad/elementwise.def"

}  // namespace formula
}  // namespace tinygrad::cuda
