// The table of the CPU's kernels: one for each instruction set that they are compiled for, chosen
// at start.
//
// Every kernel file (elementwise.cpp, matmul.cpp, ...) is compiled three times, with TINYGRAD_ISA =
// baseline, avx2, avx512. Inline functions are weak symbols that objects share, and the linker may
// pick the AVX-512 one for everybody: so everything in kernel files but the entries of the table is
// in an anonymous namespace or static, and no std:: container or function appears in them.
// tests/kernel_symbols.sh checks it with nm.
#pragma once
#include <cstddef>
#include <cstdint>

#include "tinygrad/backend.h"

namespace tinygrad::cpu {

/// A View as kernels take it: plain data without functions. data is the first element; null where
/// the input was not given.
struct Array {
  void* data;
  std::int64_t count;
  std::int64_t shape[8], strides[8];
  int rank;
  DType dtype;
};
/// A Scalar as plain data: both readings of it.
struct Number {
  double real;
  std::int64_t integer;
};
/// Params as plain data.
struct Numbers {
  Number p, q, r, s;
};
/// An Operand: an array, or where array.data is null, a number.
struct ArrayOrNumber {
  Array array;
  Number number;
};
struct Key {
  std::uint64_t seed, call;
};
/// The first bad index of a call: position -1 where all were good. cpu.cpp turns it into an
/// IndexError.
struct BadIndex {
  std::int64_t position, value, size;
};
struct SgdNumbers {
  double lr, momentum, weight_decay, dampening;
  bool nesterov, first;
};
struct AdamNumbers {
  double lr, step, beta1, beta2, eps, weight_decay;
  bool decoupled;
};

/// bool results mean the same as in Backend: false, before touching out, where a case is left to
/// the formula.
struct Kernels {
  const char* name;
  // elementwise.cpp; fill and copy: copy.cpp
  void (*fill)(const Array& out, Number value);
  void (*copy)(const Array& x, const Array& out);
  void (*unary)(Unary op, const Numbers& numbers, const Array& x, const Array& out);
  void (*binary)(Binary op, const Numbers& numbers, const ArrayOrNumber& a, const ArrayOrNumber& b,
                 const Array& out);
  void (*ternary)(Ternary op, const Numbers& numbers, const ArrayOrNumber& a,
                  const ArrayOrNumber& b, const ArrayOrNumber& c, const Array& out);
  bool (*unary_grad)(Unary op, const Numbers& numbers, const Array& dy, const Array& kept,
                     const Array& dx);
  bool (*binary_grad)(Binary op, const Numbers& numbers, int input, const Array& dy,
                      const ArrayOrNumber& a, const ArrayOrNumber& b, const Array& dx);
  bool (*ternary_grad)(Ternary op, const Numbers& numbers, int input, const Array& dy,
                       const ArrayOrNumber& a, const ArrayOrNumber& b, const ArrayOrNumber& c,
                       const Array& dx);
  // reduce.cpp
  void (*reduce)(Reduce op, const Array& x, const Array& out);
  void (*arg_reduce)(ArgReduce op, const Array& x, int dim, const Array& out);
  // random.cpp
  void (*random)(Distribution distribution, Key key, Number low, Number high, const Array& out);
  bool (*dropout)(const Array& x, double p, Key key, const Array& y);
  // index.cpp
  BadIndex (*gather)(const Array& x, int dim, const Array& index, const Array& out);
  BadIndex (*scatter)(const Array& out, int dim, const Array& index, const Array& x, Write how);
  // matmul.cpp
  void (*matmul)(const Array& a, const Array& b, const Array& out);
  bool (*linear)(const Array& x, const Array& w, const Array& b, const Array& y);
  // softmax.cpp
  bool (*softmax)(const Array& x, int dim, const Array& y);
  bool (*softmax_grad)(const Array& dy, const Array& y, int dim, const Array& dx);
  bool (*log_softmax)(const Array& x, int dim, const Array& y);
  bool (*log_softmax_grad)(const Array& dy, const Array& y, int dim, const Array& dx);
  // loss.cpp; `bad` is set where a target is out of range, and nothing is read for it
  bool (*cross_entropy)(const Array& x, const Array& target, const Array& loss, const Array& lse,
                        BadIndex& bad);
  bool (*cross_entropy_grad)(const Array& dy, const Array& x, const Array& target, const Array& lse,
                             const Array& dx);
  // conv.cpp
  bool (*conv2d)(const Array& x, const Array& w, const Array& b, const Window& window,
                 const Array& y);
  bool (*conv2d_input_grad)(const Array& dy, const Array& w, const Window& window, const Array& dx);
  bool (*conv2d_weight_grad)(const Array& dy, const Array& x, const Window& window,
                             const Array& dw);
  // pool.cpp
  bool (*max_pool2d)(const Array& x, int kh, int kw, const Window& window, const Array& y,
                     const Array& index);
  bool (*max_pool2d_grad)(const Array& dy, const Array& index, int kh, int kw, const Window& window,
                          const Array& dx);
  bool (*avg_pool2d)(const Array& x, int kh, int kw, const Window& window, const Array& y);
  bool (*avg_pool2d_grad)(const Array& dy, int kh, int kw, const Window& window, const Array& dx);
  // norm.cpp
  bool (*batch_norm)(const Array& x, const Array& w, const Array& b, double eps, const Array& y,
                     const Array& mean, const Array& rstd);
  bool (*batch_norm_grad)(const Array& dy, const Array& x, const Array& w, const Array& mean,
                          const Array& rstd, const Array& dx, const Array& dw, const Array& db);
  bool (*layer_norm)(const Array& x, const Array& w, const Array& b, double eps, const Array& y,
                     const Array& mean, const Array& rstd);
  bool (*layer_norm_grad)(const Array& dy, const Array& x, const Array& w, const Array& mean,
                          const Array& rstd, const Array& dx, const Array& dw, const Array& db);
  // optimizer.cpp; lists of `count` arrays
  bool (*sgd)(const Array* w, const Array* g, const Array* m, int count, const SgdNumbers& step);
  bool (*adam)(const Array* w, const Array* g, const Array* m, const Array* v, int count,
               const AdamNumbers& step);
};

// Each in its own objects; table.cpp, compiled like the kernels, fills them in.
namespace baseline {
extern const Kernels kernels;
}
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}

}  // namespace tinygrad::cpu
