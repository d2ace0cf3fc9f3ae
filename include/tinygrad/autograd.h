// SPDX-License-Identifier: MIT
// Gradients: switches for recording, grad() for the gradients of any tensors, and gradcheck(),
// which compares derivatives with central differences.
#pragma once
#include <string>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// Returns whether ops on this thread are recorded.
TINYGRAD_API bool grad_enabled();

/// Switches recording on this thread on or off as long as the object lives.
class TINYGRAD_API GradMode {
 public:
  explicit GradMode(bool on);
  ~GradMode();
  GradMode(const GradMode&) = delete;

 private:
  bool before_;
};
/// Switches recording on this thread off as long as the object lives.
struct NoGrad : GradMode {
  NoGrad() : GradMode(false) {}
};

struct GradOptions {
  /// The gradient of each output. If empty, the outputs must have single elements, and 1 is used.
  Tensors grad_outputs = {};
  /// Record the backward pass, so that the gradients can be differentiated again.
  bool create_graph = false;
  /// Keep the saved tensors, for another backward pass of this graph.
  bool retain_graph = false;
  /// Return an undefined gradient, instead of an error, for an input that no output depends on.
  bool allow_unused = false;
};
/// Returns the gradients of the outputs with respect to the inputs, which may be any tensors of the
/// graph. The gradients that leaves hold do not change. Throws AutogradError if an input does not
/// require a gradient or no output depends on it, and ShapeError if grad_outputs do not have the
/// shapes of the outputs.
TINYGRAD_API Tensors grad(const Tensors& outputs, const Tensors& inputs,
                          const GradOptions& options = {},
                          SourceLocation location = SourceLocation::current());

/// A function of several tensors, as gradcheck() takes it.
using TensorFunction = InlineFunction<Tensor(const Tensors&), 64>;

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
