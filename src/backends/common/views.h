// Other looks at an operand, which backends share.
#pragma once
#include <algorithm>
#include <utility>

#include "tinygrad/backend.h"

namespace tinygrad {

/// What repeats (stride 0), once.
inline View without_repeats(const View& x) {
  Shape shape = x.shape();
  for (int d = 0; d < x.rank(); ++d)
    if (x.stride(d) == 0) shape[d] = std::min<std::int64_t>(shape[d], 1);
  return x.reshaped(shape, x.strides(), x.offset());
}

/// The matrices of v, transposed; null where v is.
inline View turned(const View& v) {
  if (!v) return v;
  Shape shape = v.shape();
  Strides strides = v.strides();
  std::swap(shape[-1], shape[-2]), std::swap(strides[-1], strides[-2]);
  return v.reshaped(shape, strides, v.offset());
}

}  // namespace tinygrad
