// Elementwise ops and their derivatives. In rows of floats each line is a kernel of its own; for
// other strides and types a kernel holds all lines of its kind and chooses when it runs
// (sweep.cuh).
#include "backends/cuda/kernels.h"
#include "backends/cuda/lines.cuh"
#include "backends/cuda/sweep.cuh"

namespace tinygrad::cuda {
namespace {

enum Domain { number, real };
/// Integers have no line of domain `real`, and no derivative.
template <class T, Domain domain>
constexpr bool has_line = domain == number || !std::is_integral_v<T>;

// ------------------------------------------------------------ a line, as what a sweep calls

template <class Line> struct OneLine {
  Line line;
  template <class... T> __device__ __forceinline__ auto operator()(T... values) const {
    return plain(line(Word<T>(values)...));
  }
};
template <class Line> OneLine<Line> one_line(Params params) {
  if constexpr (std::is_empty_v<Line>) return {};
  else return {{float(params.p.real()), float(params.q.real())}};
}

// The formatter takes an #include behind a macro for a part of it.
// clang-format off
template <class T> struct AnyUnary {
  Unary op;
  T p, q;
  __device__ __forceinline__ T operator()(T x) const {
    using W = Word<T>;
    switch (op) {
#define UNARY(name, domain, ...)                                                                          \
  case Unary::name:                                                                                       \
    if constexpr (has_line<T, domain>) return plain(formula::name##_line<W>{W(p), W(q)}(W(x)));           \
    else return x;
#include "tinygrad/elementwise.def"
    }
    return x;
  }
};
template <class T> struct AnyUnaryGrad {
  Unary op;
  T p, q;
  __device__ __forceinline__ T operator()(T dy, T kept) const {
    switch (op) {
#define UNARY(name, ...) \
  case Unary::name: return formula::name##_grad<T>{p, q}(dy, kept);
#include "tinygrad/elementwise.def"
    }
    return dy;
  }
};
template <class T> struct AnyBinary {
  Binary op;
  __device__ __forceinline__ T operator()(T a, T b) const {
    using W = Word<T>;
    switch (op) {
#define BINARY(name, domain, ...)                                                                         \
  case Binary::name:                                                                                      \
    if constexpr (has_line<T, domain>) return plain(formula::name##_line<W>()(W(a), W(b)));               \
    else return a;
#define COMPARE(name, ...) \
  case Binary::name: return T(formula::name##_line<W>()(W(a), W(b)));
#include "tinygrad/elementwise.def"
    }
    return a;
  }
};
template <class T> struct AnyBinaryGrad {
  Binary op;
  int side;
  __device__ __forceinline__ T operator()(T dy, T a, T b) const {
    switch (op) {
#define BINARY(name, ...) \
  case Binary::name: return side == 0 ? formula::name##_first<T>()(dy, a, b) : formula::name##_second<T>()(dy, a, b);
#define COMPARE(name, ...) \
  case Binary::name: break;
#include "tinygrad/elementwise.def"
    }
    return dy;
  }
};
// clang-format on

struct Choose {
  template <class T> __device__ __forceinline__ T operator()(T condition, T a, T b) const {
    return condition != 0 ? a : b;
  }
};

// ------------------------------------------------------------ calls

/// Rows by `line`; other strides and types by any(zero), for a zero of the type that `dtype` is
/// computed in.
template <int inputs, bool integers, class Line, class Any>
void run(const Sweep& sweep, DType dtype, const Line& line, const Any& any) {
  const auto strided = [&](auto zero, const Layout& part, const std::int64_t* starts) {
    sweep.strided<decltype(zero), inputs>(any(zero), part, starts);
  };
  const auto rows = [&](const Layout& part, const std::int64_t* starts) {
    sweep.by_rows<inputs>(line, part, starts);
  };
  sweep.each(rows, [&](const Layout& part, const std::int64_t* starts) {
    if (dtype == DType::float64) return strided(double(), part, starts);
    if (is_floating(dtype)) return strided(float(), part, starts);
    if constexpr (integers) strided(std::int64_t(), part, starts);
  });
}

}  // namespace

// clang-format off
void unary(Runtime& runtime, Unary op, Params params, const View& x, const View& out) {
  const auto any = [&](auto zero) { using T = decltype(zero); return AnyUnary<T>{op, scalar_as<T>(params.p), scalar_as<T>(params.q)}; };
  switch (op) {
#define UNARY(name, ...) \
  case Unary::name: return run<1, true>(Sweep(runtime, #name, {x}, out), x.dtype(), one_line<formula::name##_line<float>>(params), any);
#include "tinygrad/elementwise.def"
  }
}

void binary(Runtime& runtime, Binary op, const Operand& a, const Operand& b, const View& out) {
  const DType dtype = (a.is_scalar() ? b : a).view.dtype();
  const auto any = [&](auto zero) { return AnyBinary<decltype(zero)>{op}; };
  switch (op) {
#define BINARY(name, ...) \
  case Binary::name: return run<2, true>(Sweep(runtime, #name, {a, b}, out), dtype, one_line<formula::name##_line<float>>({}), any);
#define COMPARE(name, ...) BINARY(name)
#include "tinygrad/elementwise.def"
  }
}

void where(Runtime& runtime, const View& condition, const Operand& a, const Operand& b, const View& out) {
  run<3, true>(Sweep(runtime, "where", {condition, a, b}, out), out.dtype(), Choose(), [](auto) { return Choose(); });
}

bool unary_grad(Runtime& runtime, Unary op, Params params, const View& dy, const View& kept, const View& dx) {
  const Operand other = kept ? Operand(kept) : Operand(Scalar(0));
  const auto any = [&](auto zero) { using T = decltype(zero); return AnyUnaryGrad<T>{op, scalar_as<T>(params.p), scalar_as<T>(params.q)}; };
  switch (op) {
#define UNARY(name, ...)                                                                                                              \
  case Unary::name:                                                                                                                   \
    run<2, false>(Sweep(runtime, #name "_grad", {dy, other}, dx), dx.dtype(), one_line<formula::name##_grad<float>>(params), any);    \
    return true;
#include "tinygrad/elementwise.def"
  }
  return false;
}

bool binary_grad(Runtime& runtime, Binary op, int side, const View& dy, const Operand& a, const Operand& b, const View& dx) {
  const auto any = [&](auto zero) { return AnyBinaryGrad<decltype(zero)>{op, side}; };
  switch (op) {
#define BINARY(name, ...)                                                                                    \
  case Binary::name: {                                                                                       \
    const Sweep sweep(runtime, #name "_grad", {dy, a, b}, dx);                                               \
    if (side == 0) run<3, false>(sweep, dx.dtype(), one_line<formula::name##_first<float>>({}), any);        \
    else run<3, false>(sweep, dx.dtype(), one_line<formula::name##_second<float>>({}), any);                 \
    return true;                                                                                             \
  }
#define COMPARE(name, ...) \
  case Binary::name: return false;
#include "tinygrad/elementwise.def"
  }
  return false;
}
// clang-format on

}  // namespace tinygrad::cuda
