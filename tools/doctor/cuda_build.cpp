// SPDX-License-Identifier: MIT
// The only part of the doctor that NVIDIA's headers are read for: two numbers. CMake says whether
// they are there.
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
