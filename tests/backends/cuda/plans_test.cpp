// SPDX-License-Identifier: MIT
// Tests which of the real cuDNN's engines for an H100 are chosen for convolutions: there must be an
// acceptable one for each kind, and no other may be taken. No GPU is needed, and nothing is
// computed.
#include "backends/cuda/conv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tinygrad/tinygrad.h"

#if TINYGRAD_HAVE_CUDNN
#include "planning_cudnn.h"

namespace {

using namespace tinygrad;

struct Case {
  std::int64_t images, channels, size, outs, kernel;
  int stride = 1, groups = 1;
};
// The convolutions of bench/bench_rows, of ResNet-18, and of the MNIST networks; then grouped ones
// and one of odd sizes.
constexpr Case cases[] = {
    {256, 32, 28, 64, 3},     {256, 64, 14, 128, 3},    {256, 3, 32, 64, 3},
    {256, 64, 56, 64, 3},     {256, 256, 14, 256, 1},   {128, 3, 224, 64, 7, 2},
    {128, 64, 56, 128, 3, 2}, {128, 64, 56, 128, 1, 2}, {128, 512, 7, 512, 3},
    {64, 1, 28, 32, 3},       {64, 32, 14, 64, 3},      {8, 32, 28, 32, 3, 1, 32},
    {8, 32, 28, 64, 3, 1, 4}, {3, 5, 11, 7, 2, 3}};

class CudaPlans : public testing::Test {
 protected:
  void SetUp() override {
    setenv("CUDA_EMULATOR_CUDNN", "plans", 1);
    if (!cuda::cudnn().problem.empty()) GTEST_SKIP() << cuda::cudnn().problem;
  }
  void TearDown() override {
    use_deterministic_algorithms(true);
    set_float32_precision(Float32Precision::ieee);
  }
  static cuda::Runtime& runtime() {
    static cuda::Runtime& instance = *new cuda::Runtime(0, "emulated_cuda");
    return instance;
  }
  /// An operand whose memory is never read.
  static View operand(DType dtype, const Shape& shape) {
    return {{reinterpret_cast<void*>(std::uintptr_t(1) << 30), std::size_t(1) << 40},
            dtype,
            shape,
            dense_strides(shape)};
  }
  /// Runs a convolution and its derivatives; returns the notes of the engines that ran.
  static std::vector<std::vector<cudnnBackendNumericalNote_t>> engines(const Case& c, DType dtype) {
    const int padding = int(c.kernel / 2);
    const Window window = {{c.stride, c.stride}, {padding, padding}, {1, 1}, c.groups};
    const std::int64_t out = (c.size + 2 * padding - c.kernel) / c.stride + 1;
    const View x = operand(dtype, {c.images, c.channels, c.size, c.size}),
               w = operand(dtype, {c.outs, c.channels / c.groups, c.kernel, c.kernel});
    const View y = operand(dtype, {c.images, c.outs, out, out});
    EXPECT_TRUE(cuda::conv2d_cudnn(runtime(), x, w, {}, window, y));
    EXPECT_TRUE(cuda::conv2d_input_grad_cudnn(runtime(), y, w, window, x));
    EXPECT_TRUE(cuda::conv2d_weight_grad_cudnn(runtime(), y, x, window, w));
    return cuda::executed_plans();
  }
  static bool says(const std::vector<cudnnBackendNumericalNote_t>& notes,
                   cudnnBackendNumericalNote_t note) {
    return std::find(notes.begin(), notes.end(), note) != notes.end();
  }
};

TEST_F(CudaPlans, AreThereForEachConvolutionAndSayWhatIsAccepted) {
  for (const bool deterministic : {true, false}) {
    use_deterministic_algorithms(deterministic);
    for (DType dtype : {DType::float32, DType::float16, DType::bfloat16})
      for (const Case& c : cases) {
        SCOPED_TRACE(testing::Message() << c.channels << " to " << c.outs << " channels, "
                                        << to_string(dtype) << ", deterministic " << deterministic);
        const auto all = engines(c, dtype);
        EXPECT_EQ(all.size() == 3, deterministic);  // otherwise several were timed
        for (const auto& notes : all) {
          EXPECT_FALSE(dtype == DType::float32 && says(notes, CUDNN_NUMERICAL_NOTE_TENSOR_CORE));
          EXPECT_FALSE(dtype == DType::float32 &&
                       says(notes, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS));
          EXPECT_FALSE(says(notes, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION));
          EXPECT_FALSE(deterministic && says(notes, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC));
        }
      }
  }
}
TEST_F(CudaPlans, OfHalvesAreForTensorCores) {
  for (DType dtype : {DType::float16, DType::bfloat16})
    for (const Case& c : cases) {
      if (c.groups > 1 || c.stride > 1 || c.channels % 8 != 0) continue;
      for (const auto& notes : engines(c, dtype))
        EXPECT_TRUE(says(notes, CUDNN_NUMERICAL_NOTE_TENSOR_CORE))
            << c.channels << " to " << c.outs;
    }
}
TEST_F(CudaPlans, MayBeTf32WhereThatIsAllowed) {
  set_float32_precision(Float32Precision::tf32);
  int on_tensor_cores = 0;
  for (const auto& notes : engines(cases[3], DType::float32))
    on_tensor_cores += says(notes, CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
  EXPECT_EQ(on_tensor_cores, 3);
}

}  // namespace
#endif
