// NVIDIA's libraries as the CUDA backend opens them: with all functions that it calls, or with a reason. A machine may have neither.
#include "backends/cuda/library.h"

#include <gtest/gtest.h>

namespace {

using namespace tinygrad;

TEST(CudaLibrary, CublasLtIsWholeOrSaysWhyNot) {
  const cuda::CublasLt& library = cuda::cublaslt();
  if (!library.problem.empty()) {
    EXPECT_NE(library.problem.find("libcublasLt.so"), std::string::npos) << library.problem;
    return;
  }
#define CUDA_LIBRARY_FUNCTION(name) EXPECT_TRUE(library.name) << #name;
#include "backends/cuda/cublaslt.def"
  EXPECT_GE(library.cublasLtGetVersion(), 120000u) << library.file;
}

#if TINYGRAD_HAVE_CUDNN
TEST(CudaLibrary, CudnnIsWholeOrSaysWhyNot) {
  const cuda::Cudnn& library = cuda::cudnn();
  if (!library.problem.empty()) {
    EXPECT_NE(library.problem.find("libcudnn.so.9"), std::string::npos) << library.problem;
    return;
  }
#define CUDA_LIBRARY_FUNCTION(name) EXPECT_TRUE(library.name) << #name;
#include "backends/cuda/cudnn.def"
  EXPECT_GE(library.cudnnGetVersion(), 90000u) << library.file;
}
#endif

}  // namespace
