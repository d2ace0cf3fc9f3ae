// What batch norm and layer norm share.
#pragma once
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {

/// 1 / sqrt(variance + eps), from the sum of squared differences.
template <class T> T inverse_deviation(double squares, double count, double eps) {
  return T(1 / __builtin_sqrt(squares / count + eps));
}

/// The normalised number: (x - mean) rstd.
template <class T> struct Normal {
  const T* x;
  Vec<T> mean, rstd;
  TINYGRAD_INLINE Vec<T> operator()(std::int64_t i, std::int64_t n) const {
    return (take(x + i, n) - mean) * rstd;
  }
};

}  // namespace tinygrad::cpu::TINYGRAD_ISA
