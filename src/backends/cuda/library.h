// NVIDIA's libraries, opened when first asked for: cuBLASLt multiplies, cuDNN convolves. Nothing of
// them is linked, so programs start on machines that lack them.
#pragma once
#include <cublasLt.h>
#if TINYGRAD_HAVE_CUDNN
#include <cudnn_graph.h>
#endif

#include <string>

namespace tinygrad::cuda {

/// What was opened and, where that is nothing, why and what mends it.
struct Library {
  std::string file, problem;
};

/// cuBLASLt, each of its functions (cublaslt.def) as a member of that name; null where the library
/// is not there.
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
