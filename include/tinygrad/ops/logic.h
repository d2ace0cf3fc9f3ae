// SPDX-License-Identifier: MIT
// Tests of elements, and logic. Results are bool unless it says otherwise; an element is true if it
// is not 0. Comparisons and the operators & | ^ ~ are in ops/elementwise.h.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

TINYGRAD_API Tensor isnan(In x);
TINYGRAD_API Tensor isinf(In x);
TINYGRAD_API Tensor isposinf(In x);
TINYGRAD_API Tensor isneginf(In x);
/// Neither infinite nor NaN.
TINYGRAD_API Tensor isfinite(In x);
/// Less than 0, or -0.
TINYGRAD_API Tensor signbit(In x);

TINYGRAD_API Tensor logical_not(In x);
TINYGRAD_API Tensor logical_and(In a, In b);
TINYGRAD_API Tensor logical_or(In a, In b);
TINYGRAD_API Tensor logical_xor(In a, In b);

/// |a - b| <= atol + rtol |b|, for each element. Infinities are close only to themselves, and NaN
/// to NaN if equal_nan is set.
TINYGRAD_API Tensor isclose(In a, In b, double rtol = 1e-5, double atol = 1e-8,
                            bool equal_nan = false);
/// Returns whether all elements are close, as isclose.
TINYGRAD_API bool allclose(In a, In b, double rtol = 1e-5, double atol = 1e-8,
                           bool equal_nan = false);
/// Returns whether a and b have the same shape and the same elements: one bool, as in PyTorch. The
/// elementwise comparison is a == b, or eq(a, b).
TINYGRAD_API bool equal(In a, In b);

/// 0 for x < 0, `values` for x == 0, and 1 for x > 0, in the common dtype.
TINYGRAD_API Tensor heaviside(In x, In values);

}  // namespace tinygrad
