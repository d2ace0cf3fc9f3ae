// SPDX-License-Identifier: MIT
// This file checks whether the counts and offsets of a layout fit into 32-bit indices, which GPUs
// compute several times faster than 64-bit ones.
#pragma once
#include "backends/common/integers.h"
#include "backends/common/layout.h"

namespace tinygrad {

/// The distance in elements from the first index to the last of dimension d, for operand k.
inline std::int64_t reach(const Layout& l, int k, int d) {
  return (l.shape[d] - 1) * (l.strides[k][d] < 0 ? -l.strides[k][d] : l.strides[k][d]);
}

/// Returns whether the count and the offsets of all operands fit.
inline bool fits_32_bits(const Layout& l, int operands) {
  bool fits = fits_32_bits(l.count);
  for (int k = 0; k < operands; ++k) {
    std::int64_t total = 0;
    for (int d = 0; d < l.rank; ++d) total += reach(l, k, d);
    fits = fits && fits_32_bits(total);
  }
  return fits;
}

}  // namespace tinygrad
