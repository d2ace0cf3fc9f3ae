// SPDX-License-Identifier: MIT
// Formulas that batch norm and layer norm share: 1 / sqrt(variance + eps) and the normalized
// element.
#pragma once
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {

/// 1 / sqrt(variance + eps), from the sum of squared differences from the mean.
template <class T> T reciprocal_std(double squares, double count, double eps) {
  return T(1 / __builtin_sqrt(squares / count + eps));
}

/// Vectors of normalized elements, (x - mean) rstd.
template <class T> struct Normalized {
  const T* x;
  Vec<T> mean, rstd;
  TINYGRAD_INLINE Vec<T> operator()(std::int64_t i, std::int64_t n) const {
    return (load(x + i, n) - mean) * rstd;
  }
};

}  // namespace tinygrad::cpu::TINYGRAD_ISA
