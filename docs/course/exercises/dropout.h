// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/regularisation.md: dropout.
//
// In training an element is zeroed if its draw u, uniform in [0, 1), is below p; the others are
// scaled so that the mean stays what it was. Outside training x is returned as it is. Compute the
// forward function, and ∂L/∂x in training from dy = ∂L/∂y. where(condition, a, b) chooses elements.
// 训练时 u < p 的元素置零，其余放大，使均值不变；不训练时原样返回。
#include "grader/exercise.h"

inline Tensor dropout(const Tensor& x, const Tensor& u, double p, bool training) { not_begun(); }
inline Tensor dropout_gradient(const Tensor& dy, const Tensor& u, double p) { not_begun(); }
