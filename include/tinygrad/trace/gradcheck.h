// SPDX-License-Identifier: MIT
// gradcheck(), which compares derivatives with central differences, and the differences themselves.
#pragma once
#include <string>

#include "tinygrad/autograd.h"

namespace tinygrad {

/// The gradient of f with respect to inputs[input] by central differences:
/// (f(x + eps e_i) - f(x - eps e_i)) / 2 eps for each element i. f must return a single element.
/// The result has the shape of that input. All inputs must be float64, otherwise DTypeError is
/// thrown.
TINYGRAD_API Tensor numeric_grad(const TensorFunction& f, const Tensors& inputs, int input,
                                 double eps = 1e-5,
                                 SourceLocation location = SourceLocation::current());

struct GradcheckOptions {
  double eps = 1e-5;
  double tolerance = 1e-6;   ///< the largest allowed |analytic - numeric| / max(1, |numeric|)
  bool second_order = true;  ///< also check the derivatives of the derivatives
  double sabotage = 1;       ///< scales the analytic gradients, to show that the check can fail
  std::uint64_t seed = 1;    ///< of the random weights that reduce f's result to a scalar, and of
                             ///< the direction of the second derivative
};
struct GradcheckResult {
  bool ok = true;
  double worst = 0;     ///< the largest error
  std::string message;  ///< the element with the largest error: order, input, index, both values
  explicit operator bool() const { return ok; }
};
/// Compares the derivatives of f with central differences, with respect to the inputs that require
/// a gradient. Inputs must be float64. f may return any shape: a weighted sum of its elements is
/// differentiated. Throws ArgumentError if no input requires a gradient or if f returns other
/// values when it is called again, and DTypeError unless f returns float64.
TINYGRAD_API GradcheckResult gradcheck(const TensorFunction& f, const Tensors& inputs,
                                       const GradcheckOptions& options = {},
                                       SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
