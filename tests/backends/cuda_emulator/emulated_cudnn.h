// The emulator's cuDNN.
#pragma once
#include "backends/cuda/library.h"

namespace tinygrad::cuda {

/// With a problem where CUDA_EMULATOR_CUDNN=1 does not ask for it. CUDA_EMULATOR_CUDNN=plans asks
/// for the real one (planning_cudnn.h).
Cudnn emulated_cudnn();

}  // namespace tinygrad::cuda
