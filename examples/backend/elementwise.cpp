// SPDX-License-Identifier: MIT
// Elementwise kernels: fill, copy, random, and the rows of elementwise.def, compiled as C++
// on double and on Int.
#include <utility>

#include "reference.h"
#include "tinygrad/random.h"

namespace reference {
namespace {
// The functions that the formulas use.
using std::atan, std::ceil, std::cos, std::erf, std::erfc, std::exp, std::expm1, std::floor,
    std::fmod, std::log, std::log10, std::log1p, std::log2, std::sin, std::sqrt, std::tanh;
double real(double constant) { return constant; }
double where(bool condition, double a, double b) { return condition ? a : b; }
bool holds(double condition) { return condition != 0; }
double round(double x) { return std::nearbyint(x); }  // to even
double power(double a, double b) { return std::pow(a, b); }
double quotient(double a, double b) { return a / b; }
Int where(bool condition, Int a, Int b) { return condition ? a : b; }
bool holds(Int condition) { return condition != 0; }
Int floor(Int x) { return x; }
Int ceil(Int x) { return x; }
Int round(Int x) { return x; }
Int power(Int a, Int b) {
  if (b < 0) return a == 1 ? 1 : a == -1 ? 1 - 2 * (b.value & 1) : 0;  // 1 / a^-b, an integer
  Int y = 1;
  for (std::int64_t n = b.value; n; n >>= 1, a = a * a)
    if (n & 1) y = y * a;
  return y;
}
Int quotient(Int a, Int b) { return a / b; }  // towards 0, and 0 if b is 0
Int fmod(Int a, Int b) { return a - a / b * b; }
Int gcd(Int a, Int b) {
  while (b != 0) a = std::exchange(b, fmod(a, b));
  return a < 0 ? -a : a;
}

// Rows are functions, which rows below them call: softplus(x, 1, 20). In a row's own formula a name
// like exp means the word: overload resolution prefers it to the template.
#define VALUE [[maybe_unused]] std::type_identity_t<T>
#define NUMBERS VALUE p = 0, VALUE q = 0, VALUE r = 0, VALUE s = 0
// clang-format off
#define UNARY(name, domain, precision, y, dx) \
  template <class T> T name(T x, NUMBERS) { return y; }
#define BINARY(name, domain, precision, y, da, db) \
  template <class T> T name(T a, VALUE b, NUMBERS) { return y; }
#define COMPARE(name, y) \
  template <class T> bool name(T a, VALUE b) { return y; }
#define TERNARY(name, domain, precision, y, da, db, dc) \
  template <class T> T name(T a, VALUE b, VALUE c, NUMBERS) { return y; }
#include "tinygrad/elementwise.def"
// clang-format on
#undef VALUE
#undef NUMBERS

/// Params in the type of the computation.
template <class T> struct Numbers { T p, q, r, s; };
template <class T> Numbers<T> numbers_of(const Params& params, DType dtype) {
  return {at_hand<T>(params.p, dtype), at_hand<T>(params.q, dtype), at_hand<T>(params.r, dtype),
          at_hand<T>(params.s, dtype)};
}

/// The result of an op's row. Rows of the domain `any` take both types, those of `real` only
/// double, since integers became float32 before, and those of `integer` only Int.
template <class T> T row(Unary op, const Numbers<T>& n, T x) {
  constexpr bool any = true, real = std::is_same_v<T, double>;
  switch (op) {
#define UNARY(name, domain, ...) \
  case Unary::name:              \
    if constexpr (domain) return name(x, n.p, n.q, n.r, n.s);
#include "tinygrad/elementwise.def"
  }
  return x;
}
template <class T> T row(Binary op, const Numbers<T>& n, T a, T b) {
  constexpr bool any = true, real = std::is_same_v<T, double>, integer = !real;
  switch (op) {
#define BINARY(name, domain, ...) \
  case Binary::name:              \
    if constexpr (domain) return name(a, b, n.p, n.q, n.r, n.s);
// clang-format off
#define COMPARE(name, ...) case Binary::name: return T(name(a, b));
#include "tinygrad/elementwise.def"
    // clang-format on
  }
  return a;
}
template <class T> T row(Ternary op, const Numbers<T>& n, T a, T b, T c) {
  constexpr bool any = true, real = std::is_same_v<T, double>;
  switch (op) {
#define TERNARY(name, domain, ...) \
  case Ternary::name:              \
    if constexpr (domain) return name(a, b, c, n.p, n.q, n.r, n.s);
#include "tinygrad/elementwise.def"
  }
  return a;
}

}  // namespace

void Reference::fill(const View& out, Scalar value) {
  if (value.is_real()) write(out, std::vector<double>(out.count(), value.real()));
  else write(out, std::vector<Int>(out.count(), value.integer()));
}
void Reference::copy(const View& x, const View& out) {
  compute_in(x.dtype(), [&]<class T>(T) { write(out, read<T>(x)); });
}

// Element i of a call is a function of (seed, call, i) alone, spelled out in tinygrad/random.h.
void Reference::random(Distribution distribution, const PhiloxKey& key, Scalar low, Scalar high,
                       const View& out) {
  const std::uint64_t call = std::uint64_t(read<Int>(key.call, DType::int64, 1)[0].value),
                      n = std::uint64_t(out.count());
  const bool wide = out.dtype() == DType::float64;
  const auto u = [&](std::uint64_t i) {
    return wide ? philox_uniform64(key.seed, call, i) : philox_uniform(key.seed, call, i);
  };
  const auto z = [&](std::uint64_t i) {  // Box and Muller: elements 2k and 2k + 1 are the two
                                         // coordinates of one point
    const double r = std::sqrt(-2 * std::log(1 - u(i - i % 2))), t = 2 * M_PI * u(i - i % 2 + 1);
    return i % 2 ? r * std::sin(t) : r * std::cos(t);
  };
  if (distribution == Distribution::integer) {
    const std::uint64_t first = std::uint64_t(low.integer()),
                        range = std::uint64_t(high.integer()) - first;
    std::vector<Int> values;
    for (std::uint64_t i = 0; i < n; ++i)
      values.push_back(std::int64_t(first + philox_integer(key.seed, call, i, range)));
    return write(out, values);
  }
  const double a = low.real(), b = high.real();
  std::vector<double> values;
  for (std::uint64_t i = 0; i < n; ++i)
    values.push_back(distribution == Distribution::normal ? a + b * z(i) : a + (b - a) * u(i));
  write(out, values);
}

void Reference::unary(Unary op, Params params, const View& x, const View& out) {
  compute_in(x.dtype(), [&]<class T>(T) {
    const Numbers<T> numbers = numbers_of<T>(params, x.dtype());
    auto values = read<T>(x);
    for (T& v : values) v = row(op, numbers, v);
    write(out, values);
  });
}

void Reference::binary(Binary op, Params params, const Operand& a, const Operand& b,
                       const View& out) {
  const DType dtype =
      (a.is_scalar() ? b : a).view.dtype();  // not out's: that is boolean for comparisons
  compute_in(dtype, [&]<class T>(T) {
    const Numbers<T> numbers = numbers_of<T>(params, dtype);
    auto left = read<T>(a, dtype, out.count()), right = read<T>(b, dtype, out.count());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = row(op, numbers, left[i], right[i]);
    write(out, left);
  });
}

void Reference::ternary(Ternary op, Params params, const Operand& a, const Operand& b,
                        const Operand& c, const View& out) {
  const DType dtype = out.dtype();
  compute_in(dtype, [&]<class T>(T) {
    const Numbers<T> numbers = numbers_of<T>(params, dtype);
    auto first = read<T>(a, dtype, out.count());
    const auto second = read<T>(b, dtype, out.count()), third = read<T>(c, dtype, out.count());
    for (std::size_t i = 0; i < first.size(); ++i)
      first[i] = row(op, numbers, first[i], second[i], third[i]);
    write(out, first);
  });
}

}  // namespace reference
