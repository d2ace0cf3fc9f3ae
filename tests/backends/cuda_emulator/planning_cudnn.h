// The real cuDNN where there is no GPU: it plans as for an H100, and computes nothing. Where
// CUDA_EMULATOR_CUDNN=plans asks for it.
#pragma once
#include <vector>

#include "backends/cuda/library.h"

namespace tinygrad::cuda {

/// With a problem where it is not here, or older than 9.8, which was the first to plan for devices
/// that are not there.
Cudnn planning_cudnn();

/// What the plans that were executed since the last call say of their engines.
std::vector<std::vector<cudnnBackendNumericalNote_t>> executed_plans();

}  // namespace tinygrad::cuda
