// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/activations.md: SiLU, silu(x) = x σ(x) with σ(x) = 1 / (1 + exp(-x)).
//
// Write σ so that it is right for all x, also for ±1000, where exp may overflow: a result of inf
// or NaN is wrong, 0 and 1 are right. Then write silu'(x), using σ' = σ (1 - σ).
// 写出 σ，使它对 ±1000 也正确（exp 会溢出）；再用 σ' = σ (1 - σ) 写出 silu'(x)。
#include "grader/exercise.h"

inline double sigmoid(double x) { not_begun(); }
inline double silu_slope(double x) { not_begun(); }
