// Gradients: which computations are recorded, how a graph is walked back, and how a derivative is
// checked against differences.
#pragma once
#include <string>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// Whether ops on this thread are recorded.
TINYGRAD_API bool grad_enabled();

/// Switches recording on this thread on or off while it lives.
class TINYGRAD_API GradMode {
 public:
  explicit GradMode(bool on);
  ~GradMode();
  GradMode(const GradMode&) = delete;

 private:
  bool before_;
};
struct NoGrad : GradMode {
  NoGrad() : GradMode(false) {}
};

struct GradOptions {
  Tensors grad_outputs =
      {};  ///< what is sent back from each output; ones for single elements where none is given
  bool create_graph =
      false;  ///< record the walk, so that the gradients can be differentiated again
  bool retain_graph = false;
  bool allow_unused = false;  ///< an input that no output depends on has an undefined gradient,
                              ///< rather than an error
};
/// The gradients of the outputs with respect to the inputs, which may be any tensors of the graph;
/// leaves are left alone. Throws AutogradError.
TINYGRAD_API Tensors grad(const Tensors& outputs, const Tensors& inputs,
                          const GradOptions& options = {},
                          SourceLocation location = SourceLocation::current());

/// A function of several tensors, as gradcheck takes it.
using TensorFunction = InlineFunction<Tensor(const Tensors&), 64>;

/// Central differences: (f(x + eps e_i) - f(x - eps e_i)) / 2 eps for each element of
/// inputs[input], for an f with one element. Shaped like that input. All inputs float64.
TINYGRAD_API Tensor numeric_grad(const TensorFunction& f, const Tensors& inputs, int input,
                                 double eps = 1e-5,
                                 SourceLocation location = SourceLocation::current());

struct GradcheckOptions {
  double eps = 1e-5;
  double tolerance = 1e-6;   ///< of |analytic - numeric| / max(1, |numeric|)
  bool second_order = true;  ///< check the derivatives of the derivatives too
  double sabotage = 1;       ///< scales the analytic gradients, to show that a check can fail
  std::uint64_t seed = 1;    ///< of the weights that make one number of f's result, and of the
                             ///< direction of the second order
};
struct GradcheckResult {
  bool ok = true;
  double worst = 0;     ///< the largest error found
  std::string message;  ///< the worst element: order, input, index, both values
  explicit operator bool() const { return ok; }
};
/// Compares the derivatives of f at the inputs (float64; those that require a gradient) with
/// central differences. f may return any shape: the weighted sum of its elements is differentiated.
TINYGRAD_API GradcheckResult gradcheck(const TensorFunction& f, const Tensors& inputs,
                                       const GradcheckOptions& options = {},
                                       SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
