// SPDX-License-Identifier: MIT
// Derivatives of functions, as torch.func and torch.autograd.functional have them, and activation
// checkpoints. A function takes tensors and returns one tensor; it must not write into its
// arguments. Results are part of the graph if create_graph is set, so that they can be
// differentiated again.
#pragma once
#include <utility>

#include "tinygrad/autograd.h"

namespace tinygrad {

struct FunctionalOptions {
  /// Record what is computed, so that the result can be differentiated.
  bool create_graph = false;
};

struct VjpResult {
  Tensor output;
  Tensors gradients;  ///< one for each input, of its shape
};
/// The output y = f(inputs) and Jᵀ v for each input: the gradients of Σ v ⊙ y. v has y's shape.
/// Costs about one backward pass. An input on which y does not depend has a gradient of zeros.
TINYGRAD_API VjpResult vjp(const TensorFunction& f, const Tensors& inputs, const Tensor& v,
                           const FunctionalOptions& options = {},
                           SourceLocation location = SourceLocation::current());

struct JvpResult {
  Tensor output, tangent;
};
/// The output y = f(inputs) and J t, the derivative of y if the inputs change in the directions
/// `tangents`, which have their shapes. It is the derivative with respect to u of ⟨Jᵀ u, t⟩, which
/// is linear in u: two backward passes serve every op that has a second derivative, and no op needs
/// a forward rule of its own.
TINYGRAD_API JvpResult jvp(const TensorFunction& f, const Tensors& inputs, const Tensors& tangents,
                           const FunctionalOptions& options = {},
                           SourceLocation location = SourceLocation::current());

/// The Jacobian for each input: J[o..., i...] = ∂y[o...] / ∂x[i...], of the output's shape followed
/// by the input's. One backward pass for each element of the output.
TINYGRAD_API Tensors jacobian(const TensorFunction& f, const Tensors& inputs,
                              const FunctionalOptions& options = {},
                              SourceLocation location = SourceLocation::current());
/// The Hessian of a function with a single output element: H[i..., k...] = ∂²y / ∂x[i...] ∂x[k...].
TINYGRAD_API Tensor hessian(const TensorFunction& f, const Tensor& input,
                            const FunctionalOptions& options = {},
                            SourceLocation location = SourceLocation::current());
/// The output of a function with a single output element, and its Hessian times `vectors`, one for
/// each input. Costs two backward passes, and never forms the Hessian.
TINYGRAD_API VjpResult hvp(const TensorFunction& f, const Tensors& inputs, const Tensors& vectors,
                           const FunctionalOptions& options = {},
                           SourceLocation location = SourceLocation::current());

/// The gradient of each sample's loss: f(batch) is called with one sample of each tensor of `batch`
/// at a time (its first dimension has size 1) and returns a single element. The result has, for
/// each parameter, [N, shape of the parameter...].
TINYGRAD_API Tensors per_sample_grads(const TensorFunction& f, const Tensors& parameters,
                                      const Tensors& batch,
                                      SourceLocation location = SourceLocation::current());

/// f(inputs), whose intermediate results are not kept: the backward pass computes them again, with
/// the same random numbers and precision. Saves memory for about a third more time. f may use
/// parameters that are no inputs; a computed tensor that requires a gradient must be an input,
/// otherwise AutogradError is thrown. Chen et al. 2016.
TINYGRAD_API Tensor checkpoint(TensorFunction f, const Tensors& inputs,
                               SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
