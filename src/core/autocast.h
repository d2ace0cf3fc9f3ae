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

}  // namespace tinygrad
