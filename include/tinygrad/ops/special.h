// SPDX-License-Identifier: MIT
// The gamma function's relatives and the inverse of erf. Integers become float32.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// log |Γ(x)|; infinite at 0, -1, -2, ...
TINYGRAD_API Tensor lgamma(In x);
/// ψ(x) = Γ'(x) / Γ(x); infinite at 0, NaN at -1, -2, ...
TINYGRAD_API Tensor digamma(In x);
/// The n-th derivative of digamma, n >= 0.
TINYGRAD_API Tensor polygamma(int n, In x);
/// Σ_j log |Γ(x - j / 2)| over j = 0 ... p - 1, plus p (p - 1) / 4 log(π): the multivariate one.
TINYGRAD_API Tensor mvlgamma(In x, int p);
/// The y with erf(y) = x; infinite at -1 and 1, NaN beyond.
TINYGRAD_API Tensor erfinv(In x);

}  // namespace tinygrad
