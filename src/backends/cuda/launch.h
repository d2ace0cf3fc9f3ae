// SPDX-License-Identifier: MIT
// launch() runs a kernel on the device's stream:
//
//   launch(runtime, "softmax", rows, 256, softmax<float>, x.data<float>(), y.data<float>(),
//   columns);
#pragma once
#include <cuda_runtime.h>

#include <type_traits>

#include "backends/common/integers.h"
#include "backends/cuda/runtime.h"

namespace tinygrad::cuda {

/// name: for error messages. Kernels must check for threads beyond the end. A grid without blocks
/// is not launched.
template <class... Parameters>
void launch(Runtime& runtime, const char* name, dim3 blocks, dim3 threads,
            void (*kernel)(Parameters...), const std::type_identity_t<Parameters>&... arguments) {
  if (blocks.x == 0 || blocks.y == 0 || blocks.z == 0) return;
  runtime.make_current();
  cudaLaunchConfig_t config = {};
  config.gridDim = blocks, config.blockDim = threads, config.stream = runtime.stream();
  runtime.launched(cudaLaunchKernelEx(&config, kernel, arguments...), name, blocks, threads);
}

}  // namespace tinygrad::cuda
