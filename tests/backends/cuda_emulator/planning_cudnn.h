// SPDX-License-Identifier: MIT
// Provides the real cuDNN without a GPU, if CUDA_EMULATOR_CUDNN=plans is set: it plans as for an
// H100, and computes nothing.
#pragma once
#include <vector>

#include "backends/cuda/library.h"

namespace tinygrad::cuda {

/// The library, with a problem if it is not installed, or older than 9.8, the first version that
/// plans for absent devices.
Cudnn planning_cudnn();

/// The numerical notes of the engines of the plans that were executed since the last call.
std::vector<std::vector<cudnnBackendNumericalNote_t>> executed_plans();

}  // namespace tinygrad::cuda
