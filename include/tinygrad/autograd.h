// SPDX-License-Identifier: MIT
// Gradients: switches for recording, and grad() for the gradients of any tensors.
#pragma once
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

/// A function of several tensors.
using TensorFunction = InlineFunction<Tensor(const Tensors&), 64>;

}  // namespace tinygrad
