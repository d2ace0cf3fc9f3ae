// SPDX-License-Identifier: MIT
// Elementwise ops: one loop over whole vectors for each row of elementwise.def and each type that
// it is computed in (float, double, int64).
//
// A loop gets contiguous whole vectors, or one vector for a scalar. An operand that lies like that
// in memory is read and written in place; other strides, other dtypes and the last, padded vector
// of a row of the layout pass through buffers of 512 elements. So each formula is compiled once,
// and gives every element the same bits wherever and however it lies.
#include "backends/cpu/elementwise.h"
#include "backends/cpu/math.h"

namespace tinygrad::cpu {
namespace {

// ---------------------------------------------------------------- the formulas
template <class T> struct Identity { using type = T; };
namespace formula {

template <class T> TINYGRAD_INLINE Mask<T> holds(Vec<T> condition) { return condition != 0; }

// Each row as a struct: forward(inputs), and backward_0(dy, inputs), ... for each input. And as a
// function, for the rows below.
#define NUMBERS \
  V p, q, r, s; \
  static TINYGRAD_INLINE V real(double value) { return V(value); }
#define METHOD(name, formula, ...) \
  TINYGRAD_INLINE V name(__VA_ARGS__) const { return formula; }
#define VALUE [[maybe_unused]] V
#define ARGUMENT typename Identity<Vec<T>>::type
#define NUMBER_ARGUMENTS ARGUMENT p = 0, ARGUMENT q = 0, ARGUMENT r = 0, ARGUMENT s = 0

#define UNARY(name, domain, precision, y_, dx)                                 \
  template <class V> struct name##_row {                                       \
    NUMBERS                                                                    \
    METHOD(forward, y_, VALUE x)                                               \
    METHOD(backward_0, dx, VALUE dy, VALUE x, VALUE y)                         \
  };                                                                           \
  template <class T> TINYGRAD_INLINE Vec<T> name(Vec<T> x, NUMBER_ARGUMENTS) { \
    return name##_row<Vec<T>>{p, q, r, s}.forward(x);                          \
  }
#define BINARY(name, domain, precision, y, da, db)                                         \
  template <class V> struct name##_row {                                                   \
    NUMBERS                                                                                \
    METHOD(forward, y, VALUE a, VALUE b)                                                   \
    METHOD(backward_0, da, VALUE dy, VALUE a, VALUE b)                                     \
    METHOD(backward_1, db, VALUE dy, VALUE a, VALUE b)                                     \
  };                                                                                       \
  template <class T> TINYGRAD_INLINE Vec<T> name(Vec<T> a, ARGUMENT b, NUMBER_ARGUMENTS) { \
    return name##_row<Vec<T>>{p, q, r, s}.forward(a, b);                                   \
  }
#define TERNARY(name, domain, precision, y, da, db, dc)                             \
  template <class V> struct name##_row {                                            \
    NUMBERS                                                                         \
    METHOD(forward, y, VALUE a, VALUE b, VALUE c)                                   \
    METHOD(backward_0, da, VALUE dy, VALUE a, VALUE b, VALUE c)                     \
    METHOD(backward_1, db, VALUE dy, VALUE a, VALUE b, VALUE c)                     \
    METHOD(backward_2, dc, VALUE dy, VALUE a, VALUE b, VALUE c)                     \
  };                                                                                \
  template <class T>                                                                \
  TINYGRAD_INLINE Vec<T> name(Vec<T> a, ARGUMENT b, ARGUMENT c, NUMBER_ARGUMENTS) { \
    return name##_row<Vec<T>>{p, q, r, s}.forward(a, b, c);                         \
  }
#define COMPARE(name, formula)                                            \
  template <class V> struct name##_row {                                  \
    TINYGRAD_INLINE auto forward(V a, V b) const { return formula; }      \
  };                                                                      \
  template <class T> TINYGRAD_INLINE Mask<T> name(Vec<T> a, ARGUMENT b) { \
    return name##_row<Vec<T>>{}.forward(a, b);                            \
  }
#include "tinygrad/elementwise.def"
#undef NUMBERS
#undef METHOD
#undef VALUE
#undef ARGUMENT
#undef NUMBER_ARGUMENTS
}  // namespace formula

// ---------------------------------------------------------------- the loops
template <class T, class F> TINYGRAD_INLINE void each_vector(const Run& run, const F& f) {
  T* out = static_cast<T*>(run.out);
  for (std::int64_t i = 0; i < run.count; i += lanes<T>) store(out + i, f(i));
}
template <class T, template <class> class Row> TINYGRAD_INLINE Row<Vec<T>> row_of(const Run& run) {
  const ParamNumbers& n = run.numbers;
  return {as_vector<T>(n.p), as_vector<T>(n.q), as_vector<T>(n.r), as_vector<T>(n.s)};
}
template <class T, template <class> class Row> void unary_loop(const Run& run) {
  const auto row = row_of<T, Row>(run);
  each_vector<T>(run, [&](std::int64_t i) { return row.forward(input<T>(run, 0, i)); });
}
template <class T, template <class> class Row> void binary_loop(const Run& run) {
  const auto row = row_of<T, Row>(run);
  each_vector<T>(
      run, [&](std::int64_t i) { return row.forward(input<T>(run, 0, i), input<T>(run, 1, i)); });
}
template <class T, template <class> class Row> void ternary_loop(const Run& run) {
  const auto row = row_of<T, Row>(run);
  each_vector<T>(run, [&](std::int64_t i) {
    return row.forward(input<T>(run, 0, i), input<T>(run, 1, i), input<T>(run, 2, i));
  });
}
/// Writes bytes 0 and 1.
template <class T, template <class> class Row> void compare_loop(const Run& run) {
  typedef std::uint8_t Bytes __attribute__((vector_size(lanes<T>)));
  std::uint8_t* out = static_cast<std::uint8_t*>(run.out);
  for (std::int64_t i = 0; i < run.count; i += lanes<T>) {
    const Bytes bytes = __builtin_convertvector(
        -Row<Vec<T>>{}.forward(input<T>(run, 0, i), input<T>(run, 1, i)).raw, Bytes);
    std::memcpy(out + i, &bytes, sizeof bytes);
  }
}
/// The row mentions x or y, not both: input 1 is the one that it mentions.
template <class T, template <class> class Row> void unary_grad_loop(const Run& run) {
  const auto row = row_of<T, Row>(run);
  each_vector<T>(run, [&](std::int64_t i) {
    const Vec<T> kept = input<T>(run, 1, i);
    return row.backward_0(input<T>(run, 0, i), kept, kept);
  });
}
template <class T, template <class> class Row, int k> void binary_grad_loop(const Run& run) {
  const auto row = row_of<T, Row>(run);
  each_vector<T>(run, [&](std::int64_t i) {
    const Vec<T> dy = input<T>(run, 0, i), a = input<T>(run, 1, i), b = input<T>(run, 2, i);
    if constexpr (k == 0) return row.backward_0(dy, a, b);
    else return row.backward_1(dy, a, b);
  });
}
template <class T, template <class> class Row, int k> void ternary_grad_loop(const Run& run) {
  const auto row = row_of<T, Row>(run);
  each_vector<T>(run, [&](std::int64_t i) {
    const Vec<T> dy = input<T>(run, 0, i), a = input<T>(run, 1, i), b = input<T>(run, 2, i),
                 c = input<T>(run, 3, i);
    if constexpr (k == 0) return row.backward_0(dy, a, b, c);
    else if constexpr (k == 1) return row.backward_1(dy, a, b, c);
    else return row.backward_2(dy, a, b, c);
  });
}

// ---------------------------------------------------------------- from op and type to the loop;
// null if the type has none
enum class Domain { any, real, integer };
template <class T, Domain domain>
constexpr bool has_row = domain == Domain::any ||
                         (domain == Domain::integer) == std::is_integral_v<T>;

// The formatter takes an #include behind a macro for a part of it.
// clang-format off
#define ROW_CASE(op, name, domain, loop)                                                           \
  case op::name:                                                                                   \
    if constexpr (has_row<T, Domain::domain>) return loop<T, formula::name##_row>;                 \
    else return nullptr;
template <class T> Loop find_unary(Unary op) {
  switch (op) {
#define UNARY(name, domain, ...) ROW_CASE(Unary, name, domain, unary_loop)
#include "tinygrad/elementwise.def"
  }
  return nullptr;
}
template <class T> Loop find_binary(Binary op) {
  switch (op) {
#define BINARY(name, domain, ...) ROW_CASE(Binary, name, domain, binary_loop)
#define COMPARE(name, ...) ROW_CASE(Binary, name, any, compare_loop)
#include "tinygrad/elementwise.def"
  }
  return nullptr;
}
template <class T> Loop find_ternary(Ternary op) {
  switch (op) {
#define TERNARY(name, domain, ...) ROW_CASE(Ternary, name, domain, ternary_loop)
#include "tinygrad/elementwise.def"
  }
  return nullptr;
}
#undef ROW_CASE
template <class T> Loop find_unary_grad(Unary op) {
  if constexpr (!std::is_integral_v<T>) switch (op) {
#define UNARY(name, ...) \
  case Unary::name: return unary_grad_loop<T, formula::name##_row>;
#include "tinygrad/elementwise.def"
  }
  return nullptr;
}
template <class T> Loop find_binary_grad(Binary op, int k) {
  if constexpr (!std::is_integral_v<T>) switch (op) {
#define BINARY(name, ...) \
  case Binary::name: return k == 0 ? binary_grad_loop<T, formula::name##_row, 0> \
                                   : binary_grad_loop<T, formula::name##_row, 1>;
#define COMPARE(name, ...) \
  case Binary::name: return nullptr;
#include "tinygrad/elementwise.def"
  }
  return nullptr;
}
template <class T> Loop find_ternary_grad(Ternary op, int k) {
  if constexpr (!std::is_integral_v<T>) switch (op) {
#define TERNARY(name, ...) \
  case Ternary::name: return k == 0 ? ternary_grad_loop<T, formula::name##_row, 0> \
                           : k == 1 ? ternary_grad_loop<T, formula::name##_row, 1> \
                                    : ternary_grad_loop<T, formula::name##_row, 2>;
#include "tinygrad/elementwise.def"
  }
  return nullptr;
}
// clang-format on

// ---------------------------------------------------------------- calls
/// Finds the loop for the type that `dtype` is computed in, and runs it; false if there is none.
/// `compares`: the loop writes booleans.
template <class Find, int count>
bool run_rows(const Find& find, DType dtype, const ParamNumbers& numbers, const Array& out,
              const ArrayOrNumber* const (&inputs)[count], bool compares = false) {
  return with_compute(dtype, [&](auto zero) {
    using T = decltype(zero);
    const Loop loop = find(zero);
    if (loop)
      ElementwiseLaunch<T>(loop, compares ? DType::boolean : dtype_computed_in<T>, numbers, out,
                           inputs, count)
          .run();
    return loop != nullptr;
  });
}
DType dtype_of(const ArrayOrNumber& a, const ArrayOrNumber& b) {
  return a.array.data ? a.array.dtype : b.array.dtype;
}

}  // namespace

namespace TINYGRAD_ISA {

void unary(Unary op, const ParamNumbers& numbers, const Array& x, const Array& out) {
  const ArrayOrNumber a = {x, {}};
  run_rows([op](auto zero) { return find_unary<decltype(zero)>(op); }, x.dtype, numbers, out, {&a});
}
void binary(Binary op, const ParamNumbers& numbers, const ArrayOrNumber& a, const ArrayOrNumber& b,
            const Array& out) {
  run_rows([op](auto zero) { return find_binary<decltype(zero)>(op); }, dtype_of(a, b), numbers,
           out, {&a, &b}, is_comparison(op));
}
void ternary(Ternary op, const ParamNumbers& numbers, const ArrayOrNumber& a,
             const ArrayOrNumber& b, const ArrayOrNumber& c, const Array& out) {
  run_rows([op](auto zero) { return find_ternary<decltype(zero)>(op); }, out.dtype, numbers, out,
           {&a, &b, &c});
}
bool unary_grad(Unary op, const ParamNumbers& numbers, const Array& dy, const Array& kept,
                const Array& dx) {
  const ArrayOrNumber a = {dy, {}}, b = {kept, {}};
  return run_rows([op](auto zero) { return find_unary_grad<decltype(zero)>(op); }, dy.dtype,
                  numbers, dx, {&a, &b});
}
bool binary_grad(Binary op, const ParamNumbers& numbers, int input, const Array& dy,
                 const ArrayOrNumber& a, const ArrayOrNumber& b, const Array& dx) {
  const ArrayOrNumber d = {dy, {}};
  return run_rows([=](auto zero) { return find_binary_grad<decltype(zero)>(op, input); }, dy.dtype,
                  numbers, dx, {&d, &a, &b});
}
bool ternary_grad(Ternary op, const ParamNumbers& numbers, int input, const Array& dy,
                  const ArrayOrNumber& a, const ArrayOrNumber& b, const ArrayOrNumber& c,
                  const Array& dx) {
  const ArrayOrNumber d = {dy, {}};
  return run_rows([=](auto zero) { return find_ternary_grad<decltype(zero)>(op, input); }, dy.dtype,
                  numbers, dx, {&d, &a, &b, &c});
}

}  // namespace TINYGRAD_ISA
}  // namespace tinygrad::cpu
