// SPDX-License-Identifier: MIT
// Compares first and second derivatives with PyTorch's.
#pragma once
#include "sample.h"
#include "verdict.h"

namespace opinfo {

/// Differentiates the outputs of a sample with the gradients that PyTorch was given, with respect
/// to the tensors that require one; in float64 a weighted sum of these gradients, too.
Verdict check_gradients(const json& call, Sample& sample, const Tensors& outputs,
                        const TensorFile& file);

}  // namespace opinfo
