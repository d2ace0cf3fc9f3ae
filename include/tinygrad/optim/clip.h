// SPDX-License-Identifier: MIT
// Clipping of gradients, by their norm or by their elements.
#pragma once
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad::optim {

/// Scales all gradients by one factor so that their norm, taken together, is at most max_norm.
/// Returns the norm before, as a tensor of shape [] (no wait for the device); max_norm may be
/// infinite, for that alone. Parameters without a gradient are left out.
TINYGRAD_API Tensor clip_grad_norm_(const std::vector<Tensor>& params, double max_norm,
                                    SourceLocation location = SourceLocation::current());
/// The same for gradients whose norm is known, such as parts of a model whose other parts are on
/// other devices: multiplies them by min(1, max_norm / total_norm); total_norm has shape [].
TINYGRAD_API void clip_grads_with_norm_(const std::vector<Tensor>& params, double max_norm,
                                        const Tensor& total_norm,
                                        SourceLocation location = SourceLocation::current());
/// Clamps each element of the gradients to [-clip_value, clip_value].
TINYGRAD_API void clip_grad_value_(const std::vector<Tensor>& params, double clip_value,
                                   SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::optim
