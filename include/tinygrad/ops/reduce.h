// SPDX-License-Identifier: MIT
// Reductions over any set of dimensions; an empty set means all. The reduced dimensions are
// removed, or keep size 1 if keepdim is set.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// Σ x. The sum of integers or bools is int64.
TINYGRAD_API Tensor sum(In x, const Axes& dims = {}, bool keepdim = false);
/// Σ x / n for floating x.
TINYGRAD_API Tensor mean(In x, const Axes& dims = {}, bool keepdim = false);
/// Π x. The product of integers or bools is int64.
TINYGRAD_API Tensor prod(In x, const Axes& dims = {}, bool keepdim = false);
/// The maximum. If several elements are equal to it, they share the gradient evenly.
TINYGRAD_API Tensor amax(In x, const Axes& dims = {}, bool keepdim = false);
/// The minimum. If several elements are equal to it, they share the gradient evenly.
TINYGRAD_API Tensor amin(In x, const Axes& dims = {}, bool keepdim = false);
/// The maximum of all elements: amax(x).
TINYGRAD_API Tensor max(In x);
/// The minimum of all elements: amin(x).
TINYGRAD_API Tensor min(In x);
/// Extreme values along a dimension, and their positions in it (int64).
struct ValuesIndices {
  Tensor values, indices;
};
/// The maxima along dim and their positions. If several elements are equal, the first is chosen,
/// and only it receives the gradient.
TINYGRAD_API ValuesIndices max(In x, int dim, bool keepdim = false);
/// The minima along dim and their positions, likewise.
TINYGRAD_API ValuesIndices min(In x, int dim, bool keepdim = false);
/// The position of the maximum in the flattened tensor, int64. The first of equal elements.
TINYGRAD_API Tensor argmax(In x);
/// The positions of the maxima along dim, int64. The first of equal elements.
TINYGRAD_API Tensor argmax(In x, int dim, bool keepdim = false);
/// The position of the minimum in the flattened tensor, int64. The first of equal elements.
TINYGRAD_API Tensor argmin(In x);
/// The positions of the minima along dim, int64. The first of equal elements.
TINYGRAD_API Tensor argmin(In x, int dim, bool keepdim = false);
/// Returns whether any element is not 0, as bool.
TINYGRAD_API Tensor any(In x, const Axes& dims = {}, bool keepdim = false);
/// Returns whether no element is 0, as bool.
TINYGRAD_API Tensor all(In x, const Axes& dims = {}, bool keepdim = false);
/// The variance Σ (x - mean)² / (n - correction).
TINYGRAD_API Tensor var(In x, const Axes& dims = {}, int correction = 1, bool keepdim = false);
/// log Σ exp(x), computed without overflow. Integers become float32.
TINYGRAD_API Tensor logsumexp(In x, const Axes& dims = {}, bool keepdim = false);

}  // namespace tinygrad
