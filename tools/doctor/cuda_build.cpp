// SPDX-License-Identifier: MIT
// Returns two numbers of NVIDIA's headers, which no other part of the doctor includes. CMake says
// whether they are installed.
#include "cuda_build.h"

#if TINYGRAD_HAVE_CUDA
#include <cuda_runtime_api.h>
#endif
#if TINYGRAD_HAVE_CUDNN
#include <cudnn_version.h>
#endif

namespace tinygrad::doctor {

CudaBuild this_cuda_build() {
  CudaBuild build;
#if TINYGRAD_HAVE_CUDA
  build.toolkit = CUDART_VERSION;
  build.architectures = TINYGRAD_CUDA_ARCHITECTURES;
#endif
#if TINYGRAD_HAVE_CUDNN
  build.cudnn = CUDNN_VERSION;
#endif
  return build;
}

}  // namespace tinygrad::doctor
