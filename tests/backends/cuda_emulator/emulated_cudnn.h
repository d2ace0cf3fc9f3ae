// SPDX-License-Identifier: MIT
// Declares the emulator's cuDNN.
#pragma once
#include "backends/cuda/library.h"

namespace tinygrad::cuda {

/// The library, with a problem unless CUDA_EMULATOR_CUDNN=1 is set. CUDA_EMULATOR_CUDNN=plans
/// selects the real one (planning_cudnn.h).
Cudnn emulated_cudnn();

}  // namespace tinygrad::cuda
