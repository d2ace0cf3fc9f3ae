// SPDX-License-Identifier: MIT
// The tables of the CPU's kernels: one for each instruction set that they are compiled for. The
// table that is used is chosen at start.
//
// Every kernel file (elementwise.cpp, matmul.cpp, ...) is compiled three times, with TINYGRAD_ISA =
// baseline, avx2, avx512. Inline functions are weak symbols that objects share, and the linker may
// keep the AVX-512 one for all machines. So in kernel files everything but the kernels themselves
// (entries.h) is in an anonymous namespace or static, and no std:: container or function is used.
// tests/kernel_symbols.sh checks this with nm.
#pragma once
#include <cstddef>
#include <cstdint>

#include "tinygrad/backend.h"

namespace tinygrad::cpu {

// The parameters of kernels as plain data, without member functions.

/// A View. data is the address of the first element, or null if the input was not given.
struct Array {
  void* data;
  std::int64_t count;
  std::int64_t shape[8], strides[8];
  int rank;
  DType dtype;
  const View* view = nullptr;  ///< for bad_index()
};
/// Views: `count` arrays.
struct Arrays {
  const Array* data;
  int count;
};
/// A Scalar, as a real and as an integer.
struct Number {
  double real;
  std::int64_t integer;
};
/// Params.
struct ParamNumbers {
  Number p, q, r, s;
};
/// An Operand: an array, or a number if array.data is null.
struct ArrayOrNumber {
  Array array;
  Number number;
};
/// A PhiloxKey.
struct Key {
  std::uint64_t seed, call;
};
/// An SgdStep and an AdamStep. If `overflow` is set, nothing is written.
struct SgdNumbers {
  double lr, momentum, weight_decay, dampening;
  bool nesterov, first, overflow;
};
struct AdamNumbers {
  double lr, step, beta1, beta2, eps, weight_decay;
  bool decoupled, overflow;
};

/// The first bad index of a call; position is -1 if all are good.
struct BadIndex {
  std::int64_t position, value, size;
};
/// Throws the IndexError for a bad index; returns if all are good. Defined in cpu.cpp, compiled
/// once.
void throw_if_bad(const Array& index, const BadIndex& bad);

// The parameter of a kernel on the CPU for each of kernels.def: Plain<bool(const View&, int)> is
// bool(const Array&, int). cpu.cpp has the conversions.
template <class T> struct PlainType { using type = T; };
#define TINYGRAD_PLAIN(from, to) \
  template <> struct PlainType<from> { using type = to; };
TINYGRAD_PLAIN(const View&, const Array&)
TINYGRAD_PLAIN(Views, Arrays)
TINYGRAD_PLAIN(Scalar, Number)
TINYGRAD_PLAIN(Params, const ParamNumbers&)
TINYGRAD_PLAIN(const Operand&, const ArrayOrNumber&)
TINYGRAD_PLAIN(const PhiloxKey&, const Key&)
TINYGRAD_PLAIN(const SgdStep&, const SgdNumbers&)
TINYGRAD_PLAIN(const AdamStep&, const AdamNumbers&)
#undef TINYGRAD_PLAIN
template <class Signature> struct PlainSignature;
template <class Result, class... Parameters> struct PlainSignature<Result(Parameters...)> {
  using type = Result(typename PlainType<Parameters>::type...);
};
template <class Signature> using Plain = typename PlainSignature<Signature>::type;

/// The kernels of one instruction set. An optional kernel is null if kernels.def does not name the
/// CPU.
struct Kernels {
  const char* name;  ///< "avx2"
#define REQUIRED_KERNEL(name, parameters, arguments) Plain<void parameters>* name;
#define KERNEL(name, backends, parameters, arguments) Plain<bool parameters>* name;
#include "tinygrad/kernels.def"
};

// Each is defined in objects of its own, by table.cpp, which is compiled like the kernels.
namespace baseline {
extern const Kernels kernels;
}
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
namespace neon {
extern const Kernels kernels;
}

}  // namespace tinygrad::cpu
