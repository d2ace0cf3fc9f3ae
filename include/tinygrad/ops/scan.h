// SPDX-License-Identifier: MIT
// Scans: running totals along a dimension; differences of neighbours, and integrals and derivatives
// of sampled functions.
#pragma once
#include <vector>

#include "tinygrad/ops/reduce.h"

namespace tinygrad {

/// y_i = x_0 + ... + x_i along dim. The sums of integers or bools are int64.
TINYGRAD_API Tensor cumsum(In x, int dim);
/// y_i = x_0 x_1 ... x_i along dim. The products of integers or bools are int64.
TINYGRAD_API Tensor cumprod(In x, int dim);
/// y_i = max(x_0, ..., x_i) along dim, and its position, int64. Of equal elements, and of NaNs, the
/// last is chosen; only it receives the gradient. NaN wins.
TINYGRAD_API ValuesIndices cummax(In x, int dim);
/// y_i = min(x_0, ..., x_i) along dim, likewise.
TINYGRAD_API ValuesIndices cummin(In x, int dim);
/// y_i = log(exp(x_0) + ... + exp(x_i)) along dim, computed without overflow. Floating x.
TINYGRAD_API Tensor logcumsumexp(In x, int dim);

/// The differences x_{i + 1} - x_i along dim, n times. prepend and append are joined to x before.
/// Of bools: whether neighbours differ.
TINYGRAD_API Tensor diff(In x, std::int64_t n = 1, int dim = -1, In prepend = {}, In append = {});
/// The integral of y along dim by the trapezoidal rule: Σ (y_i + y_{i + 1}) / 2 · dx.
TINYGRAD_API Tensor trapezoid(In y, double dx = 1, int dim = -1);
/// The same for values at the points x, [n] or of a shape that broadcasts to y's.
TINYGRAD_API Tensor trapezoid(In y, In x, int dim = -1);
/// trapezoid.
TINYGRAD_API Tensor trapz(In y, double dx = 1, int dim = -1);
TINYGRAD_API Tensor trapz(In y, In x, int dim = -1);
/// The integrals from y_0 to y_1, y_2, ...: one less than y has elements along dim.
TINYGRAD_API Tensor cumulative_trapezoid(In y, double dx = 1, int dim = -1);
TINYGRAD_API Tensor cumulative_trapezoid(In y, In x, int dim = -1);
/// The derivatives of x along each of dims (all if empty), by central differences of second order,
/// for samples at a distance of `spacing`. At the borders the differences are one-sided, of order
/// edge_order, 1 or 2.
TINYGRAD_API std::vector<Tensor> gradient(In x, double spacing = 1, const Axes& dims = {},
                                          int edge_order = 1);
/// The same with a distance for each of dims.
TINYGRAD_API std::vector<Tensor> gradient(In x, const std::vector<double>& spacing,
                                          const Axes& dims = {}, int edge_order = 1);
/// The same for samples at the given coordinates, one [n] for each of dims.
TINYGRAD_API std::vector<Tensor> gradient(In x, const Tensors& coordinates, const Axes& dims = {},
                                          int edge_order = 1);

}  // namespace tinygrad
