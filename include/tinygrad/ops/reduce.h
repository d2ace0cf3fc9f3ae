// Reductions over any set of dimensions; an empty set means all of them.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// Of integers and bools: int64.
TINYGRAD_API Tensor sum(In x, const Axes& dims = {}, bool keepdim = false);
TINYGRAD_API Tensor mean(In x, const Axes& dims = {}, bool keepdim = false);
TINYGRAD_API Tensor prod(In x, const Axes& dims = {}, bool keepdim = false);
/// Equal maxima share the gradient.
TINYGRAD_API Tensor amax(In x, const Axes& dims = {}, bool keepdim = false);
TINYGRAD_API Tensor amin(In x, const Axes& dims = {}, bool keepdim = false);
/// amax and amin of everything.
TINYGRAD_API Tensor max(In x);
TINYGRAD_API Tensor min(In x);
/// Values and indices (int64) along dim; only the element that was found gets the gradient. The
/// first of equals.
struct ValuesIndices {
  Tensor values, indices;
};
TINYGRAD_API ValuesIndices max(In x, int dim, bool keepdim = false);
TINYGRAD_API ValuesIndices min(In x, int dim, bool keepdim = false);
/// int64, the first of equals; of the flattened tensor without a dim.
TINYGRAD_API Tensor argmax(In x);
TINYGRAD_API Tensor argmax(In x, int dim, bool keepdim = false);
TINYGRAD_API Tensor argmin(In x);
TINYGRAD_API Tensor argmin(In x, int dim, bool keepdim = false);
/// Whether any (all) elements are not 0.
TINYGRAD_API Tensor any(In x, const Axes& dims = {}, bool keepdim = false);
TINYGRAD_API Tensor all(In x, const Axes& dims = {}, bool keepdim = false);
/// Σ (x - mean)² / (n - correction).
TINYGRAD_API Tensor var(In x, const Axes& dims = {}, int correction = 1, bool keepdim = false);
/// log Σ exp(x), without overflow.
TINYGRAD_API Tensor logsumexp(In x, const Axes& dims = {}, bool keepdim = false);

}  // namespace tinygrad
