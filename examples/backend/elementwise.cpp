// Elementwise kernels: fill, copy, random, where, and the rows of elementwise.def, compiled as C++
// on double and on Int.
#include "reference.h"
#include "tinygrad/random.h"

namespace reference {
namespace {
// The functions that the formulas use.
using std::ceil, std::cos, std::erf, std::exp, std::expm1, std::floor, std::log, std::log1p,
    std::sin, std::sqrt, std::tanh;
double real(double constant) { return constant; }
double where(bool condition, double a, double b) { return condition ? a : b; }
double round(double x) { return std::nearbyint(x); }  // to even
double power(double a, double b) { return std::pow(a, b); }
Int where(bool condition, Int a, Int b) { return condition ? a : b; }
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

// Unary lines are functions, for lines below to use: softplus(x, 1, 20). The formula of exp,
// exp(x), means the word: no template wins over it.
#define UNARY(name, domain, y, dx)                            \
  template <class T>                                          \
  T name(T x, [[maybe_unused]] std::type_identity_t<T> p = 0, \
         [[maybe_unused]] std::type_identity_t<T> q = 0) {    \
    return y;                                                 \
  }
#include "tinygrad/elementwise.def"

/// The result of an op's line. `number` lines take both types; `real` ones only double, since
/// integers became float32 before.
template <class T> T line(Unary op, T x, T p, T q) {
  constexpr bool number = true, real = std::is_same_v<T, double>;
  switch (op) {
#define UNARY(name, domain, y, dx) \
  case Unary::name:                \
    if constexpr (domain) return name(x, p, q);
#include "tinygrad/elementwise.def"
  }
  return x;
}
template <class T> T line(Binary op, T a, T b) {
  constexpr bool number = true, real = std::is_same_v<T, double>;
  switch (op) {
#define BINARY(name, domain, y, da, db) \
  case Binary::name:                    \
    if constexpr (domain) return y;
// clang-format off
#define COMPARE(name, y) case Binary::name: return T(y);
#include "tinygrad/elementwise.def"
    // clang-format on
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
      values.push_back(std::int64_t(first + philox_word64(key.seed, call, i) % range));
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
    const T p = at_hand<T>(params.p, x.dtype()), q = at_hand<T>(params.q, x.dtype());
    auto values = read<T>(x);
    for (T& v : values) v = line(op, v, p, q);
    write(out, values);
  });
}

void Reference::binary(Binary op, const Operand& a, const Operand& b, const View& out) {
  const DType dtype =
      (a.is_scalar() ? b : a).view.dtype();  // not out's: that is boolean for comparisons
  compute_in(dtype, [&]<class T>(T) {
    auto left = read<T>(a, dtype, out.count()), right = read<T>(b, dtype, out.count());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = line(op, left[i], right[i]);
    write(out, left);
  });
}

void Reference::where(const View& condition, const Operand& a, const Operand& b, const View& out) {
  const auto choice = read<Int>(condition);
  compute_in(out.dtype(), [&]<class T>(T) {
    auto left = read<T>(a, out.dtype(), out.count()), right = read<T>(b, out.dtype(), out.count());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = choice[i] != 0 ? left[i] : right[i];
    write(out, left);
  });
}

}  // namespace reference
