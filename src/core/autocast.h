// Which precision ops choose under an Autocast (tinygrad/amp.h).
#pragma once
#include "core/check.h"
#include "tinygrad/amp.h"

namespace tinygrad {

/// Switches any Autocast off: for formulas and derivatives, whose precision is that of their op.
class AutocastOff {
 public:
  AutocastOff();
  ~AutocastOff();
  AutocastOff(const AutocastOff&) = delete;

 private:
  DType before_;
};

/// What a product of this dtype is computed in.
inline DType product_precision(DType dtype) {
  return dtype == DType::float32 ? autocast_dtype() : dtype;
}
/// What an op is computed in whose results need range or digits: float32 for halves under an
/// Autocast.
inline DType wide_precision(DType dtype) {
  return is_half(dtype) && autocast_dtype() != DType::float32 ? DType::float32 : dtype;
}
inline Tensor wide(const In& x) {
  return x.defined() ? cast(x, wide_precision(x->dtype())) : *x;
}  // the op itself says what is missing

}  // namespace tinygrad
