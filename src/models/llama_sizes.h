// SPDX-License-Identifier: MIT
// The shapes of the matrices of a decoder of the Llama family.
#pragma once
#include "sizes.h"
#include "tinygrad/models/llama.h"

namespace tinygrad::models {

/// Fills in the sizes that are 0, and throws ArgumentError for sizes that do not fit together.
LlamaOptions checked(LlamaOptions options, const Call& call);
/// Throws IoError unless a state has the matrices of these sizes; fills in those that are 0.
void check_sizes(const FoundTensors& found, LlamaOptions& options);

}  // namespace tinygrad::models
