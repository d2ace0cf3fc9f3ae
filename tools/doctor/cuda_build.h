// SPDX-License-Identifier: MIT
// Describes the CUDA with which this build was made.
#pragma once
#include <string>

namespace tinygrad::doctor {

struct CudaBuild {
  int toolkit = 0;                 ///< CUDART_VERSION: 13000 is nvcc's 13.0; 0: no CUDA backend
  int cudnn = 0;                   ///< CUDNN_VERSION of its headers: 91900 is 9.19.0; 0: none
  std::string architectures = {};  ///< as CMake lists them: "75-real 80-real 120"
};
CudaBuild this_cuda_build();

}  // namespace tinygrad::doctor
