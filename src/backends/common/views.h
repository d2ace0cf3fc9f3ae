// SPDX-License-Identifier: MIT
// Views of an operand that backends share: without repeated dimensions, and with its matrices
// transposed.
#pragma once
#include <algorithm>
#include <utility>

#include "tinygrad/backend.h"

namespace tinygrad {

/// x with its repeated dimensions (stride 0) reduced to size 1.
inline View without_broadcast(const View& x) {
  Shape shape = x.shape();
  for (int d = 0; d < x.rank(); ++d)
    if (x.stride(d) == 0) shape[d] = std::min<std::int64_t>(shape[d], 1);
  return x.reshaped(shape, x.strides(), x.offset());
}

/// v with its last two dimensions exchanged; null if v is null.
inline View transposed(const View& v) {
  if (!v) return v;
  Shape shape = v.shape();
  Strides strides = v.strides();
  std::swap(shape[-1], shape[-2]), std::swap(strides[-1], strides[-2]);
  return v.reshaped(shape, strides, v.offset());
}

}  // namespace tinygrad
