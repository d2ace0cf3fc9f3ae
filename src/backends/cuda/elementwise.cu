// SPDX-License-Identifier: MIT
// Elementwise ops and their derivatives. For rows of floats each formula is a kernel of its own;
// for other strides and types one kernel holds all formulas of its kind and chooses when it runs
// (elementwise.cuh).
#include "backends/cuda/elementwise.cuh"
#include "backends/cuda/formulas.cuh"
#include "backends/cuda/kernels.h"

namespace tinygrad::cuda {
namespace {

enum class Domain { any, real, integer };
/// Integers have no row of domain `real`, and no derivative; reals have no row of domain `integer`.
template <class T, Domain domain>
constexpr bool has_row = domain == Domain::any ||
                         (domain == Domain::integer) == std::is_integral_v<T>;

/// Params in the type of the computation.
template <class T> struct Numbers { T p, q, r, s; };
template <class T> Numbers<T> numbers_as(const Params& n) {
  return {scalar_as<T>(n.p), scalar_as<T>(n.q), scalar_as<T>(n.r), scalar_as<T>(n.s)};
}
/// A row, or a derivative of one, with its numbers. (Comparisons have none.)
template <class Row, class T>
__host__ __device__ __forceinline__ Row make_row(const Numbers<T>& n) {
  if constexpr (std::is_empty_v<Row>) return {};
  else return {n.p, n.q, n.r, n.s};
}

// ------------------------------------------------------------ one formula, as ElementwiseLaunch
// calls it

template <class Row> struct OneRow {
  Row row;
  template <class... T> __device__ __forceinline__ auto operator()(T... values) const {
    return plain(row(Word<T>(values)...));
  }
};
/// Stands for a row that floats do not have; bools, which otherwise go by rows of floats, then go
/// the way of integers.
struct NoRow {};
template <class Row, Domain domain = Domain::any> auto one_row(Params params) {
  if constexpr (domain == Domain::integer) return NoRow();
  else return OneRow<Row>{make_row<Row>(numbers_as<float>(params))};
}

// ------------------------------------------------------------ all formulas of a kind

// The formatter takes an #include behind a macro for a part of it.
// clang-format off
#define ROW_CASE(op, name, domain, ...)                                                           \
  case op::name:                                                                                  \
    if constexpr (has_row<T, Domain::domain>)                                                     \
      return T(plain(make_row<formula::name##_row<Word<T>>>(numbers)(__VA_ARGS__)));              \
    break;
template <class T> struct AnyUnary {
  Unary op;
  Numbers<T> numbers;
  __device__ __forceinline__ T operator()(T x) const {
    using W = Word<T>;
    switch (op) {
#define UNARY(name, domain, ...) ROW_CASE(Unary, name, domain, W(x))
#include "tinygrad/elementwise.def"
    }
    return x;
  }
};
template <class T> struct AnyBinary {
  Binary op;
  Numbers<T> numbers;
  __device__ __forceinline__ T operator()(T a, T b) const {
    using W = Word<T>;
    switch (op) {
#define BINARY(name, domain, ...) ROW_CASE(Binary, name, domain, W(a), W(b))
#define COMPARE(name, ...) ROW_CASE(Binary, name, any, W(a), W(b))
#include "tinygrad/elementwise.def"
    }
    return a;
  }
};
template <class T> struct AnyTernary {
  Ternary op;
  Numbers<T> numbers;
  __device__ __forceinline__ T operator()(T a, T b, T c) const {
    using W = Word<T>;
    switch (op) {
#define TERNARY(name, domain, ...) ROW_CASE(Ternary, name, domain, W(a), W(b), W(c))
#include "tinygrad/elementwise.def"
    }
    return a;
  }
};
template <class T> struct AnyUnaryGrad {
  Unary op;
  Numbers<T> numbers;
  __device__ __forceinline__ T operator()(T dy, T kept) const {
    switch (op) {
#define UNARY(name, ...) \
  case Unary::name: return make_row<formula::name##_grad_0<T>>(numbers)(dy, kept);
#include "tinygrad/elementwise.def"
    }
    return dy;
  }
};
template <class T> struct AnyBinaryGrad {
  Binary op;
  int input;
  Numbers<T> numbers;
  __device__ __forceinline__ T operator()(T dy, T a, T b) const {
    switch (op) {
#define BINARY(name, ...)                                                                         \
  case Binary::name:                                                                              \
    return input == 0 ? make_row<formula::name##_grad_0<T>>(numbers)(dy, a, b)                    \
                      : make_row<formula::name##_grad_1<T>>(numbers)(dy, a, b);
#define COMPARE(name, ...) \
  case Binary::name: break;
#include "tinygrad/elementwise.def"
    }
    return dy;
  }
};
template <class T> struct AnyTernaryGrad {
  Ternary op;
  int input;
  Numbers<T> numbers;
  __device__ __forceinline__ T operator()(T dy, T a, T b, T c) const {
    switch (op) {
#define TERNARY(name, ...)                                                                        \
  case Ternary::name:                                                                             \
    return input == 0   ? make_row<formula::name##_grad_0<T>>(numbers)(dy, a, b, c)               \
           : input == 1 ? make_row<formula::name##_grad_1<T>>(numbers)(dy, a, b, c)               \
                        : make_row<formula::name##_grad_2<T>>(numbers)(dy, a, b, c);
#include "tinygrad/elementwise.def"
    }
    return dy;
  }
};
#undef ROW_CASE
// clang-format on

// ------------------------------------------------------------ calls

/// Rows by `row`; other strides and types by any(zero), for a zero of the type that `dtype` is
/// computed in.
template <int inputs, bool integers, class Row, class Any>
void run(const ElementwiseLaunch& launch, DType dtype, const Row& row, const Any& any) {
  const auto strided = [&](auto zero, const Layout& part, const std::int64_t* starts) {
    launch.strided<decltype(zero), inputs>(any(zero), part, starts);
  };
  const auto others = [&](const Layout& part, const std::int64_t* starts) {
    if (dtype == DType::float64) return strided(double(), part, starts);
    if (is_floating(dtype)) return strided(float(), part, starts);
    if constexpr (integers) strided(std::int64_t(), part, starts);
  };
  if constexpr (std::is_same_v<Row, NoRow>) launch.each(others, others);
  else
    launch.each([&](const Layout& part,
                    const std::int64_t* starts) { launch.by_rows<inputs>(row, part, starts); },
                others);
}

}  // namespace

// clang-format off
void unary(Runtime& runtime, Unary op, Params params, const View& x, const View& out) {
  const auto any = [&]<class T>(T) { return AnyUnary<T>{op, numbers_as<T>(params)}; };
  const auto run_row = [&](const char* name, const auto& row) {
    run<1, true>(ElementwiseLaunch(runtime, name, {x}, out), x.dtype(), row, any);
  };
  switch (op) {
#define UNARY(name, domain, ...)                                                                  \
  case Unary::name:                                                                               \
    return run_row(#name, one_row<formula::name##_row<float>, Domain::domain>(params));
#include "tinygrad/elementwise.def"
  }
}

void binary(Runtime& runtime, Binary op, Params params, const Operand& a, const Operand& b,
            const View& out) {
  const DType dtype = (a.is_scalar() ? b : a).view.dtype();
  const auto any = [&]<class T>(T) { return AnyBinary<T>{op, numbers_as<T>(params)}; };
  const auto run_row = [&](const char* name, const auto& row) {
    run<2, true>(ElementwiseLaunch(runtime, name, {a, b}, out), dtype, row, any);
  };
  switch (op) {
#define BINARY(name, domain, ...)                                                                 \
  case Binary::name:                                                                              \
    return run_row(#name, one_row<formula::name##_row<float>, Domain::domain>(params));
#define COMPARE(name, ...) BINARY(name, any)
#include "tinygrad/elementwise.def"
  }
}

void ternary(Runtime& runtime, Ternary op, Params params, const Operand& a, const Operand& b,
             const Operand& c, const View& out) {
  const auto any = [&]<class T>(T) { return AnyTernary<T>{op, numbers_as<T>(params)}; };
  const auto run_row = [&](const char* name, const auto& row) {
    run<3, true>(ElementwiseLaunch(runtime, name, {a, b, c}, out), out.dtype(), row, any);
  };
  switch (op) {
#define TERNARY(name, domain, ...)                                                                \
  case Ternary::name:                                                                             \
    return run_row(#name, one_row<formula::name##_row<float>, Domain::domain>(params));
#include "tinygrad/elementwise.def"
  }
}

bool unary_grad(Runtime& runtime, Unary op, Params params, const View& dy, const View& kept,
                const View& dx) {
  const Operand other = kept ? Operand(kept) : Operand(Scalar(0));
  const auto any = [&]<class T>(T) { return AnyUnaryGrad<T>{op, numbers_as<T>(params)}; };
  const auto run_grad = [&](const char* name, const auto& row) {
    run<2, false>(ElementwiseLaunch(runtime, name, {dy, other}, dx), dx.dtype(), row, any);
    return true;
  };
  switch (op) {
#define UNARY(name, ...)                                                                          \
  case Unary::name:                                                                               \
    return run_grad(#name "_grad", one_row<formula::name##_grad_0<float>>(params));
#include "tinygrad/elementwise.def"
  }
  return false;
}

bool binary_grad(Runtime& runtime, Binary op, Params params, int input, const View& dy,
                 const Operand& a, const Operand& b, const View& dx) {
  const auto any = [&]<class T>(T) { return AnyBinaryGrad<T>{op, input, numbers_as<T>(params)}; };
  const auto run_grad = [&](const char* name, const auto& row) {
    run<3, false>(ElementwiseLaunch(runtime, name, {dy, a, b}, dx), dx.dtype(), row, any);
    return true;
  };
  switch (op) {
#define BINARY(name, ...)                                                                         \
  case Binary::name:                                                                              \
    if (input == 0)                                                                               \
      return run_grad(#name "_grad", one_row<formula::name##_grad_0<float>>(params));             \
    return run_grad(#name "_grad", one_row<formula::name##_grad_1<float>>(params));
#define COMPARE(name, ...) \
  case Binary::name: return false;
#include "tinygrad/elementwise.def"
  }
  return false;
}

bool ternary_grad(Runtime& runtime, Ternary op, Params params, int input, const View& dy,
                  const Operand& a, const Operand& b, const Operand& c, const View& dx) {
  const auto any = [&]<class T>(T) { return AnyTernaryGrad<T>{op, input, numbers_as<T>(params)}; };
  const auto run_grad = [&](const char* name, const auto& row) {
    run<4, false>(ElementwiseLaunch(runtime, name, {dy, a, b, c}, dx), dx.dtype(), row, any);
    return true;
  };
  switch (op) {
#define TERNARY(name, ...)                                                                        \
  case Ternary::name:                                                                             \
    if (input == 0)                                                                               \
      return run_grad(#name "_grad", one_row<formula::name##_grad_0<float>>(params));             \
    if (input == 1)                                                                               \
      return run_grad(#name "_grad", one_row<formula::name##_grad_1<float>>(params));             \
    return run_grad(#name "_grad", one_row<formula::name##_grad_2<float>>(params));
#include "tinygrad/elementwise.def"
  }
  return false;
}
// clang-format on

}  // namespace tinygrad::cuda
