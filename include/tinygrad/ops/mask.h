// SPDX-License-Identifier: MIT
// Elements that a mask (bool) selects. The host reads the mask where it decides the result's shape:
// in all functions but masked_fill.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// The indices of the elements that are not 0, in row-major order: int64 [count, rank of x].
TINYGRAD_API Tensor nonzero(In x);
/// nonzero(x), under NumPy's name.
inline Tensor argwhere(In x) { return nonzero({*x, x.location}); }
/// value, converted to the dtype of x, where the mask is true, otherwise x. mask and x broadcast.
TINYGRAD_API Tensor masked_fill(In x, In mask, Scalar value);
/// The same with a 0-d tensor.
TINYGRAD_API Tensor masked_fill(In x, In mask, In value);
/// The elements of x where the mask is true, in row-major order: [count]. mask and x broadcast.
TINYGRAD_API Tensor masked_select(In x, In mask);
/// x, with the first elements of source, in row-major order, where the mask is true. mask and x
/// broadcast.
TINYGRAD_API Tensor masked_scatter(In x, In mask, In source);

}  // namespace tinygrad
