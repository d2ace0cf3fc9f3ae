// SPDX-License-Identifier: MIT
// Opens NVIDIA's libraries when they are first used: cuBLASLt for matrix products, cuDNN for
// convolutions. They are not linked, so that programs start on machines without them.
#pragma once
#include <cublasLt.h>
#if TINYGRAD_HAVE_CUDNN
#include <cudnn_graph.h>
#endif

#include <string>

namespace tinygrad::cuda {

/// The file that was opened; if none was, `problem` says why and how to fix it.
struct Library {
  std::string file, problem;
};

/// cuBLASLt, with each of its functions (cublaslt.def) as a member of that name; null if the
/// library is missing.
struct CublasLt : Library {
#define CUDA_LIBRARY_FUNCTION(name) decltype(&::name) name = nullptr;
#include "backends/cuda/cublaslt.def"
};
const CublasLt& cublaslt();

#if TINYGRAD_HAVE_CUDNN
/// cuDNN in the same way (cudnn.def).
struct Cudnn : Library {
#define CUDA_LIBRARY_FUNCTION(name) decltype(&::name) name = nullptr;
#include "backends/cuda/cudnn.def"
};
const Cudnn& cudnn();
#endif

}  // namespace tinygrad::cuda
