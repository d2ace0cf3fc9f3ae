// SPDX-License-Identifier: MIT
// Copies of x with its elements in another order, or repeated.
#pragma once
#include <optional>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// x with the elements of these dimensions in reverse order; a copy of x if there are none.
TINYGRAD_API Tensor flip(In x, const Axes& dims);
/// The columns (dimension 1) of x in reverse order.
TINYGRAD_API Tensor fliplr(In x);
/// The rows (dimension 0) of x in reverse order.
TINYGRAD_API Tensor flipud(In x);
/// Rotates the plane of two dimensions by k quarters of a circle, from dims[0] towards dims[1].
TINYGRAD_API Tensor rot90(In x, std::int64_t k = 1, const Dims& dims = {0, 1});
/// y[i + shift] = x[i] along dim; elements that leave at the end come back at the start.
TINYGRAD_API Tensor roll(In x, std::int64_t shift, int dim);
/// roll() along several dimensions.
TINYGRAD_API Tensor roll(In x, const Dims& shifts, const Dims& dims);
/// roll() of the flattened tensor, in the shape of x.
TINYGRAD_API Tensor roll(In x, std::int64_t shift);
/// x, times[i] times along dimension i. If there are more times than dimensions, x gets leading
/// dimensions of size 1.
TINYGRAD_API Tensor repeat(In x, const Dims& times);
/// repeat(), but if there are fewer times than dimensions, the first dimensions are not repeated.
TINYGRAD_API Tensor tile(In x, const Dims& times);
/// Each element `times` times, one after another, along dim; without dim, of the flattened tensor.
TINYGRAD_API Tensor repeat_interleave(In x, std::int64_t times, std::optional<int> dim = {});
/// Element i of dim times[i] times. The host reads `times`, int64 [size] or a single element.
TINYGRAD_API Tensor repeat_interleave(In x, In times, std::optional<int> dim = {});

}  // namespace tinygrad
