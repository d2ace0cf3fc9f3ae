// SPDX-License-Identifier: MIT
// Tests how the CUDA backend opens NVIDIA's libraries: with all functions that it calls, or with
// the reason why not. A machine may have neither library.
#include "backends/cuda/library.h"

#include <gtest/gtest.h>

#include "backends/cuda/conv.h"
#include "backends/cuda/runtime.h"

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

/// Other tests pass without the libraries too, since this backend's own kernels replace them.
TEST(CudaLibrary, ServesWhereAGpuIsTested) {
  const char* device = std::getenv("TINYGRAD_TESTED_DEVICE");
  if (!device || std::string(device).rfind("cuda", 0) != 0) GTEST_SKIP() << "no GPU is tested";
  ASSERT_EQ(cuda::cublaslt().problem, "");
#if TINYGRAD_HAVE_CUDNN
  ASSERT_EQ(cuda::cudnn().problem, "");
  const std::string name = device;
  const int number =
      name.find(':') == std::string::npos ? 0 : std::stoi(name.substr(name.find(':') + 1));
  cuda::Runtime& runtime =
      *new cuda::Runtime(number, name);  // never destroyed: cuDNN keeps its stream
  const auto operand =
      [&](const Shape& shape) {  // of a dtype for which every version of cuDNN has engines
        return View(runtime.allocate(std::size_t(shape.count()) * 2), DType::bfloat16, shape,
                    dense_strides(shape));
      };
  const View x = operand({4, 32, 28, 28}), w = operand({64, 32, 3, 3}),
             y = operand({4, 64, 26, 26});
  EXPECT_TRUE(cuda::conv2d_cudnn(runtime, x, w, {}, {}, y));
  runtime.synchronize();
#endif
}

}  // namespace
