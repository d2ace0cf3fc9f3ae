// SPDX-License-Identifier: MIT
// The order of elements along a dimension: sorting, the k largest, medians and quantiles.
//
// NaN counts as larger than every other value. Equal elements keep their order: sorting is stable.
// The gradient flows to the elements that were chosen, and indices are int64.
#pragma once
#include <vector>

#include "tinygrad/ops/reduce.h"

namespace tinygrad {

/// The elements along dim in ascending (or descending) order, and their positions in x.
TINYGRAD_API ValuesIndices sort(In x, int dim = -1, bool descending = false);
/// sort(x, dim, descending).indices.
TINYGRAD_API Tensor argsort(In x, int dim = -1, bool descending = false);
/// sort(x, 0).values.
TINYGRAD_API Tensor msort(In x);
/// The k largest (or smallest) elements along dim, the largest (smallest) first, and their
/// positions. Throws ArgumentError unless 0 <= k <= the size of dim; so does kthvalue for k = 0.
TINYGRAD_API ValuesIndices topk(In x, std::int64_t k, int dim = -1, bool largest = true);
/// The k-th smallest element along dim, from k = 1 on, and its position.
TINYGRAD_API ValuesIndices kthvalue(In x, std::int64_t k, int dim = -1, bool keepdim = false);
/// The median of all elements; the lower one if their number is even. NaN if an element is NaN.
TINYGRAD_API Tensor median(In x);
/// The medians along dim and their positions, likewise.
TINYGRAD_API ValuesIndices median(In x, int dim, bool keepdim = false);
/// The median of all elements but NaN; NaN if there are no others.
TINYGRAD_API Tensor nanmedian(In x);
/// The medians along dim of all elements but NaN, and their positions.
TINYGRAD_API ValuesIndices nanmedian(In x, int dim, bool keepdim = false);
/// The most frequent value along dim, and the position of its last element. Of several values the
/// smallest.
TINYGRAD_API ValuesIndices mode(In x, int dim = -1, bool keepdim = false);

/// The value of a quantile whose rank lies between two elements a and b, at a fraction w of the
/// way: a + w (b - a), a, b, (a + b) / 2, or the nearer one.
enum class Interpolation { linear, lower, higher, midpoint, nearest };
/// The value below which the fraction q of the elements lies: that with rank q (n - 1) of the n
/// sorted elements of dims. NaN if an element is NaN. Floating x. Throws ArgumentError unless
/// 0 <= q <= 1.
TINYGRAD_API Tensor quantile(In x, double q, const Axes& dims = {}, bool keepdim = false,
                             Interpolation interpolation = Interpolation::linear);
/// For several q: their quantiles, stacked along a new first dimension.
TINYGRAD_API Tensor quantile(In x, const std::vector<double>& q, const Axes& dims = {},
                             bool keepdim = false,
                             Interpolation interpolation = Interpolation::linear);
/// quantile of all elements but NaN; NaN if there are no others.
TINYGRAD_API Tensor nanquantile(In x, double q, const Axes& dims = {}, bool keepdim = false,
                                Interpolation interpolation = Interpolation::linear);
TINYGRAD_API Tensor nanquantile(In x, const std::vector<double>& q, const Axes& dims = {},
                                bool keepdim = false,
                                Interpolation interpolation = Interpolation::linear);

}  // namespace tinygrad
