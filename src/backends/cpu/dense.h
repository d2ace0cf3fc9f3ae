// SPDX-License-Identifier: MIT
// Inputs and outputs of the kernels of whole tensors (products, convolutions, norms ...) as dense
// arrays of float32, float64 or int64. They are used in place if already dense and of type T;
// otherwise they are copied to scratch memory first, or from there. So these kernels take any
// strides and dtypes, and are written for dense arrays of three types.
#pragma once
#include "backends/cpu/entries.h"
#include "backends/cpu/parallel.h"
#include "backends/cpu/scratch.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// float32 for float, float64 for double, int64 for integers.
template <class T>
constexpr DType dtype_for = std::is_integral_v<T> ? DType::int64
                            : sizeof(T) == 8      ? DType::float64
                                                  : DType::float32;

/// Row-major and without gaps. Empty arrays are dense.
inline bool is_dense(const Array& x) {
  std::int64_t expected = 1;
  for (int d = x.rank; d-- > 0; expected *= x.shape[d])
    if (x.shape[d] != 1 && x.strides[d] != expected) return x.count == 0;
  return true;
}

/// A dense array of x's shape at `data`.
inline Array dense_like(const Array& x, void* data, DType dtype) {
  Array out = x;
  out.data = data, out.dtype = dtype;
  std::int64_t stride = 1;
  for (int d = x.rank; d-- > 0; stride *= x.shape[d]) out.strides[d] = stride;
  return out;
}

/// The elements of an input, dense, as T; null if the input was not given.
template <class T> class Input {
 public:
  explicit Input(const Array& x)
      : in_place_(!x.data || x.count == 0 || (x.dtype == dtype_for<T> && is_dense(x))),
        scratch_(in_place_ ? 0 : x.count) {
    data_ = in_place_ ? static_cast<const T*>(x.data) : scratch_;
    if (!in_place_) copy(x, dense_like(x, scratch_, dtype_for<T>));
  }
  operator const T*() const { return data_; }

 private:
  bool in_place_;
  Scratch<T> scratch_;
  const T* data_;
};

/// Memory for the elements of an output, dense, as T; finish() copies them to the output if it is
/// not used in place. Null if the caller does not want this output.
template <class T> class Output {
 public:
  explicit Output(const Array& y)
      : y_(y),
        in_place_(!y.data || y.count == 0 || (y.dtype == dtype_for<T> && is_dense(y))),
        scratch_(in_place_ ? 0 : y.count) {}
  operator T*() const { return in_place_ ? static_cast<T*>(y_.data) : scratch_; }
  void finish() {
    if (!in_place_) copy(dense_like(y_, scratch_, dtype_for<T>), y_);
  }

 private:
  const Array& y_;
  bool in_place_;
  Scratch<T> scratch_;
};

/// Calls f with a zero of the type that dtype is computed in, float or double, and returns true;
/// returns false for integers and booleans.
template <class F> bool in_real(DType dtype, F&& f) {
  if (dtype == DType::float64) f(double{});
  else if (dtype <= DType::bfloat16) f(float{});
  else return false;
  return true;
}

}  // namespace
}  // namespace tinygrad::cpu::TINYGRAD_ISA
