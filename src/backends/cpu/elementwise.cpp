// Elementwise ops: one loop over whole vectors for each line of elementwise.def and each type it is
// computed in (float, double, int64).
//
// A loop sees contiguous whole vectors, or one vector for a number. Where an operand lies like that
// in memory, the loop reads and writes it in place; other strides, other types and the last, padded
// vector of a row pass through buffers of 512 elements. So each formula is compiled once, and gives
// every element the same bits wherever and however it lies.
#include "backends/cpu/elementwise.h"
#include "backends/cpu/math.h"

namespace tinygrad::cpu {
namespace {

// ---------------------------------------------------------------- the formulas
template <class T> struct Identity { using type = T; };
namespace formula {
#define UNARY(name, domain, formula, derivative)                               \
  template <class V> struct name##_line {                                      \
    V p, q;                                                                    \
    static TINYGRAD_INLINE V real(double value) { return V(value); }           \
    TINYGRAD_INLINE V forward([[maybe_unused]] V x) const { return formula; }  \
    TINYGRAD_INLINE V backward([[maybe_unused]] V dy, [[maybe_unused]] V x,    \
                               [[maybe_unused]] V y) const {                   \
      return derivative;                                                       \
    }                                                                          \
  };                                                                           \
  template <class T>                                                           \
  TINYGRAD_INLINE Vec<T> name(Vec<T> x, typename Identity<Vec<T>>::type p = 0, \
                              typename Identity<Vec<T>>::type q = 0) {         \
    return name##_line<Vec<T>>{p, q}.forward(x);                               \
  }
#define BINARY(name, domain, formula, da, db)                             \
  template <class V> struct name##_line {                                 \
    static TINYGRAD_INLINE V real(double value) { return V(value); }      \
    TINYGRAD_INLINE V forward(V a, V b) const { return formula; }         \
    TINYGRAD_INLINE V first([[maybe_unused]] V dy, [[maybe_unused]] V a,  \
                            [[maybe_unused]] V b) const {                 \
      return da;                                                          \
    }                                                                     \
    TINYGRAD_INLINE V second([[maybe_unused]] V dy, [[maybe_unused]] V a, \
                             [[maybe_unused]] V b) const {                \
      return db;                                                          \
    }                                                                     \
  };
#define COMPARE(name, formula)                                       \
  template <class V> struct name##_line {                            \
    TINYGRAD_INLINE auto forward(V a, V b) const { return formula; } \
  };
#include "tinygrad/elementwise.def"
}  // namespace formula

// ---------------------------------------------------------------- the loops
template <class T, class F> TINYGRAD_INLINE void each_vector(const Run& run, const F& f) {
  T* out = static_cast<T*>(run.out);
  for (std::int64_t i = 0; i < run.count; i += lanes<T>) store(out + i, f(i));
}
template <class T, template <class> class Line> void unary_loop(const Run& run) {
  const Line<Vec<T>> line{as_vector<T>(run.p), as_vector<T>(run.q)};
  each_vector<T>(run, [&](std::int64_t i) { return line.forward(input<T>(run, 0, i)); });
}
/// The line mentions x or y, not both: input 1 stands for the one it mentions.
template <class T, template <class> class Line> void unary_grad_loop(const Run& run) {
  const Line<Vec<T>> line{as_vector<T>(run.p), as_vector<T>(run.q)};
  each_vector<T>(run, [&](std::int64_t i) {
    const Vec<T> kept = input<T>(run, 1, i);
    return line.backward(input<T>(run, 0, i), kept, kept);
  });
}
template <class T, template <class> class Line> void binary_loop(const Run& run) {
  each_vector<T>(run, [&](std::int64_t i) {
    return Line<Vec<T>>{}.forward(input<T>(run, 0, i), input<T>(run, 1, i));
  });
}
template <class T, template <class> class Line> void first_grad_loop(const Run& run) {
  each_vector<T>(run, [&](std::int64_t i) {
    return Line<Vec<T>>{}.first(input<T>(run, 0, i), input<T>(run, 1, i), input<T>(run, 2, i));
  });
}
template <class T, template <class> class Line> void second_grad_loop(const Run& run) {
  each_vector<T>(run, [&](std::int64_t i) {
    return Line<Vec<T>>{}.second(input<T>(run, 0, i), input<T>(run, 1, i), input<T>(run, 2, i));
  });
}
/// Writes bytes 0 and 1.
template <class T, template <class> class Line> void compare_loop(const Run& run) {
  typedef std::uint8_t Bytes __attribute__((vector_size(lanes<T>)));
  std::uint8_t* out = static_cast<std::uint8_t*>(run.out);
  for (std::int64_t i = 0; i < run.count; i += lanes<T>) {
    const Bytes bytes = __builtin_convertvector(
        -Line<Vec<T>>{}.forward(input<T>(run, 0, i), input<T>(run, 1, i)).raw, Bytes);
    std::memcpy(out + i, &bytes, sizeof bytes);
  }
}
template <class T> void where_loop(const Run& run) {
  each_vector<T>(run, [&](std::int64_t i) {
    return where(input<T>(run, 0, i) != 0, input<T>(run, 1, i), input<T>(run, 2, i));
  });
}

// ---------------------------------------------------------------- op and type to loop; null where
// integers have none
enum Domain { number, real };
template <class T, Domain domain>
constexpr bool has_line = domain == number || !std::is_integral_v<T>;

// The formatter takes an #include behind a macro for a part of it.
// clang-format off
template <class T> Loop find_unary(Unary op) {
  switch (op) {
#define UNARY(name, domain, ...)                                                                   \
  case Unary::name:                                                                                \
    if constexpr (has_line<T, domain>) return unary_loop<T, formula::name##_line>;                 \
    else return nullptr;
#include "tinygrad/elementwise.def"
  }
  return nullptr;
}
template <class T> Loop find_binary(Binary op) {
  switch (op) {
#define BINARY(name, domain, ...)                                                                  \
  case Binary::name:                                                                               \
    if constexpr (has_line<T, domain>) return binary_loop<T, formula::name##_line>;                \
    else return nullptr;
#define COMPARE(name, ...) \
  case Binary::name: return compare_loop<T, formula::name##_line>;
#include "tinygrad/elementwise.def"
  }
  return nullptr;
}
template <class T> Loop find_unary_grad(Unary op) {
  if constexpr (!std::is_integral_v<T>) switch (op) {
#define UNARY(name, ...) \
  case Unary::name: return unary_grad_loop<T, formula::name##_line>;
#include "tinygrad/elementwise.def"
  }
  return nullptr;
}
template <class T> Loop find_binary_grad(Binary op, int side) {
  if constexpr (!std::is_integral_v<T>) switch (op) {
#define BINARY(name, ...) \
  case Binary::name: return side == 0 ? first_grad_loop<T, formula::name##_line> : second_grad_loop<T, formula::name##_line>;
#define COMPARE(name, ...) \
  case Binary::name: return nullptr;
#include "tinygrad/elementwise.def"
  }
  return nullptr;
}
// clang-format on

// ---------------------------------------------------------------- calls
/// Finds the loop for the type that x's dtype is computed in, and runs it; false where there is
/// none.
template <class Find>
bool sweep(const Find& find, DType dtype, bool compares, Number p, Number q, const Array& out,
           const ArrayOrNumber* a, const ArrayOrNumber* b = nullptr,
           const ArrayOrNumber* c = nullptr) {
  const ArrayOrNumber* inputs[] = {a, b, c};
  return with_compute(dtype, [&](auto zero) {
    using T = decltype(zero);
    constexpr DType own = std::is_same_v<T, float>    ? DType::float32
                          : std::is_same_v<T, double> ? DType::float64
                                                      : DType::int64;
    const Loop loop = find(zero);
    if (loop)
      Sweep<T>(loop, compares ? DType::boolean : own, p, q, out, inputs, b ? c ? 3 : 2 : 1).run();
    return loop != nullptr;
  });
}
DType dtype_of_operands(const ArrayOrNumber& a, const ArrayOrNumber& b) {
  return a.array.data ? a.array.dtype : b.array.dtype;
}
bool is_comparison(Binary op) { return op >= Binary::equal; }

}  // namespace

namespace TINYGRAD_ISA {

void unary(Unary op, ParamNumbers params, const Array& x, const Array& out) {
  const ArrayOrNumber a = {x, {}};
  sweep([op](auto zero) { return find_unary<decltype(zero)>(op); }, x.dtype, false, params.p,
        params.q, out, &a);
}
void binary(Binary op, const ArrayOrNumber& a, const ArrayOrNumber& b, const Array& out) {
  const auto find = [op](auto zero) { return find_binary<decltype(zero)>(op); };
  sweep(find, dtype_of_operands(a, b), is_comparison(op), {}, {}, out, &a, &b);
}
void where(const Array& condition, const ArrayOrNumber& a, const ArrayOrNumber& b,
           const Array& out) {
  const ArrayOrNumber c = {condition, {}};
  sweep([](auto zero) -> Loop { return where_loop<decltype(zero)>; }, out.dtype, false, {}, {}, out,
        &c, &a, &b);
}
bool unary_grad(Unary op, ParamNumbers params, const Array& dy, const Array& kept,
                const Array& dx) {
  const ArrayOrNumber a = {dy, {}}, b = {kept, {}};
  return sweep([op](auto zero) { return find_unary_grad<decltype(zero)>(op); }, dy.dtype, false,
               params.p, params.q, dx, &a, &b);
}
bool binary_grad(Binary op, int side, const Array& dy, const ArrayOrNumber& a,
                 const ArrayOrNumber& b, const Array& dx) {
  const ArrayOrNumber d = {dy, {}};
  return sweep([=](auto zero) { return find_binary_grad<decltype(zero)>(op, side); }, dy.dtype,
               false, {}, {}, dx, &d, &a, &b);
}

}  // namespace TINYGRAD_ISA
}  // namespace tinygrad::cpu
