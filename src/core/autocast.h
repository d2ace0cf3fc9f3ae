// SPDX-License-Identifier: MIT
// The precision that ops choose under an Autocast (tinygrad/amp.h).
#pragma once
#include "core/check.h"
#include "tinygrad/amp.h"

namespace tinygrad {

/// Switches any Autocast off while it lives: for formulas and derivatives, which run in the
/// precision of their op.
class AutocastOff {
 public:
  AutocastOff();
  ~AutocastOff();
  AutocastOff(const AutocastOff&) = delete;

 private:
  DType before_;
};

/// The dtype in which a product of operands of this dtype is computed.
inline DType product_precision(DType dtype) {
  return dtype == DType::float32 ? autocast_dtype() : dtype;
}
/// The dtype in which an op that needs range or precision is computed: float32 for halves under an
/// Autocast.
inline DType wide_precision(DType dtype) {
  return is_half(dtype) && autocast_dtype() != DType::float32 ? DType::float32 : dtype;
}
inline Tensor wide(const In& x) {
  return x.defined() ? cast(x, wide_precision(x->dtype())) : *x;
}  // the op itself says what is missing

/// Checks that a parameter (not if it is undefined) is on the device of x and has its dtype, as in
/// PyTorch: a float64 input would silently make a float32 network compute in float64. Under an
/// Autocast, float16, bfloat16 and float32 count as one. Throws DeviceError or DTypeError.
void check_parameter(const Call& call, const Tensor& x, const Tensor& parameter, const char* name);

}  // namespace tinygrad
