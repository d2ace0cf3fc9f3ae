// SPDX-License-Identifier: MIT
// Formulas that batch norm and layer norm share: 1 / sqrt(variance + eps) and the normalized
// element.
#pragma once
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {

/// 1 / sqrt(variance + eps). squares(f): the sum of the squares of f(d) over all differences d from
/// the mean. If that overflows, the differences are scaled.
template <class T, class Squares>
T reciprocal_std(double count, double eps, const Squares& squares) {
  const double sum = squares([](Vec<T> d) { return d; });
  if (!__builtin_isinf(sum)) return T(1 / __builtin_sqrt(sum / count + eps));
  constexpr double scale = sizeof(T) == 4 ? 0x1p-100 : 0x1p-600;
  const double scaled = squares([](Vec<T> d) { return d * Vec<T>(T(scale)); });
  return T(scale / __builtin_sqrt(scaled / count + eps * scale * scale));
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
