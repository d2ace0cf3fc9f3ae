// SPDX-License-Identifier: MIT
// Tests the CUDA backend's host code: what the plans of products and convolutions depend on, and
// the places in which NVIDIA's libraries are searched. The device is the emulated one.
#include <gtest/gtest.h>

#include <filesystem>

#include "backends/cuda/blas.h"
#include "backends/cuda/conv_plan.h"
#include "backends/cuda/library_paths.h"
#include "backends/cuda/matmul.h"
#include "backends/cuda_emulator/faults.h"
#include "support/files.h"
#include "support/message_of.h"

namespace {

using namespace tinygrad;
namespace cuda = tinygrad::cuda;
namespace fs = std::filesystem;

// ------------------------------------------------------------ products

using cuda::MatrixLayout;

void expect_matrices(std::int64_t rows, std::int64_t columns, std::int64_t row, std::int64_t column,
                     bool is_column_major, std::int64_t ld) {
  const auto found = cuda::matrix_layout(rows, columns, row, column);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->is_column_major, is_column_major);
  EXPECT_EQ(found->ld, ld);
}

TEST(CudaMatrices, AreRowsOrColumnsThatLieTogether) {
  expect_matrices(3, 5, 5, 1, false, 5);
  expect_matrices(3, 5, 8, 1, false, 8);
  expect_matrices(3, 5, 1, 3, true, 3);
  expect_matrices(3, 5, 1, 9, true, 9);
}
TEST(CudaMatrices, OfOneRowOrColumnHaveAnyStride) {
  expect_matrices(1, 5, 0, 1, false, 5);
  expect_matrices(1, 5, -7, 1, false, 5);
  expect_matrices(1, 5, 100, 2, true, 2);
  expect_matrices(3, 1, 4, 0, false, 4);
  expect_matrices(3, 1, 1, -9, false, 1);
  expect_matrices(1, 1, 0, 0, false, 1);
}
TEST(CudaMatrices, WithGapsRepeatsOrBackwardsAreNone) {
  EXPECT_FALSE(cuda::matrix_layout(3, 5, 10, 2));
  EXPECT_FALSE(cuda::matrix_layout(3, 5, 0, 1));
  EXPECT_FALSE(cuda::matrix_layout(3, 5, 1, 0));
  EXPECT_FALSE(cuda::matrix_layout(3, 5, -5, 1));
  EXPECT_FALSE(cuda::matrix_layout(3, 5, 5, -1));
  EXPECT_FALSE(cuda::matrix_layout(3, 5, 4, 1));  // rows that overlap
  EXPECT_FALSE(cuda::matrix_layout(3, 1, -1, 1));
}
TEST(CudaAlignment, IsTheLargestPowerOfTwoUpTo256) {
  EXPECT_EQ(cuda::alignment_of({}), 256);
  EXPECT_EQ(cuda::alignment_of({0}), 256);
  EXPECT_EQ(cuda::alignment_of({4096, 1024}), 256);
  EXPECT_EQ(cuda::alignment_of({4096, 24}), 8);
  EXPECT_EQ(cuda::alignment_of({6}), 2);
  EXPECT_EQ(cuda::alignment_of({-16}), 16);
}

TEST(CudaProduct, DiffersByAllThatAnAlgorithmDependsOn) {
  const cuda::MatmulPlan one = {
      DType::float32,      Float32Precision::ieee, 4, 5, 6, 7, {false, 6, 24, 256},
      {false, 5, 30, 256}, {false, 5, 20, 256}};
  std::vector<cuda::MatmulPlan> others;
  const auto other = [&](auto change) {
    cuda::MatmulPlan p = one;
    change(p);
    others.push_back(p);
  };
  other([](auto& p) { p.dtype = DType::float16; });
  other([](auto& p) { p.precision = Float32Precision::tf32; });
  other([](auto& p) { p.m = 3; });
  other([](auto& p) { p.n = 3; });
  other([](auto& p) { p.k = 3; });
  other([](auto& p) { p.batch = 3; });
  other([](auto& p) { p.a.is_column_major = true; });
  other([](auto& p) { p.b.ld = 9; });
  other([](auto& p) { p.c.batch_stride = 40; });
  other([](auto& p) { p.a.alignment = 4; });
  other([](auto& p) { p.bias = cuda::Bias::epilogue; });
  other([](auto& p) { p.bias_alignment = 4; });
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_NE(others[i], one) << i;
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(others[i], others[j]) << i << " and " << j;
  }
}

/// A test that may change the precision and determinism settings.
class CudaModes : public testing::Test {
 public:
  ~CudaModes() override {
    set_float32_precision(Float32Precision::ieee), use_deterministic_algorithms(true);
  }
};

class CudaProducts : public CudaModes {
 public:
  /// A matrix of integer values on the device.
  View matrix(std::int64_t rows, std::int64_t columns, DType dtype = DType::float32,
              bool is_column_major = false) {
    const Memory memory = runtime().memory().allocate(std::size_t(rows * columns) * size_of(dtype));
    visit(dtype, [&](auto zero) {
      for (std::int64_t i = 0; i < rows * columns; ++i) {
        const auto value = decltype(zero)(float(i % 7 - 3));
        runtime().upload(&value, memory, std::size_t(i) * sizeof value, sizeof value);
      }
    });
    return {
        memory, dtype, {rows, columns}, is_column_major ? Strides{1, rows} : Strides{columns, 1}};
  }
  /// Element (i, j) of a float32 matrix, dense.
  float at(const View& v, std::int64_t i, std::int64_t j) {
    float value = 0;
    runtime().download(v.memory(), std::size_t(i * v.size(1) + j) * sizeof value, &value,
                       sizeof value);
    return value;
  }
  static cuda::Runtime& runtime() {
    static cuda::Runtime& instance = *new cuda::Runtime(0, "emulated_cuda");
    return instance;
  }
  /// The same device, for the one test that uses it with NVIDIA's libraries switched off.
  static cuda::Runtime& without_libraries() {
    static cuda::Runtime& instance = *new cuda::Runtime(0, "emulated_cuda");
    return instance;
  }
  static std::size_t plans() { return cuda::Blas::of(runtime()).plan_count(); }
};

TEST_F(CudaProducts, AreAskedForOnceAKind) {
  const View a = matrix(5, 6), b = matrix(6, 7), c = matrix(5, 7);
  cuda::matmul(runtime(), a, b, c);
  const std::size_t before = plans();
  cuda::matmul(runtime(), a, b, c);
  cuda::matmul(runtime(), matrix(5, 6), b, c);
  EXPECT_EQ(plans(), before);
  cuda::matmul(runtime(), a, matrix(6, 7, DType::float32, true), c);
  EXPECT_EQ(plans(), before + 1);
  cuda::matmul(runtime(), matrix(5, 6, DType::int64), matrix(6, 7, DType::int64),
               matrix(5, 7, DType::int64));
  EXPECT_EQ(plans(), before + 1);  // the library is not asked for integers
}

TEST_F(CudaProducts, AreFloat32UnlessTf32IsAllowed) {
  const View a = matrix(1, 1), b = matrix(1, 1), c = matrix(1, 1);
  const float number = 1 + 0x1p-12f;  // which TF32 rounds to 1
  runtime().upload(&number, a.memory(), 0, 4);
  runtime().upload(&number, b.memory(), 0, 4);
  cuda::matmul(runtime(), a, b, c);
  EXPECT_EQ(at(c, 0, 0), number * number);
  const std::size_t before = plans();
  set_float32_precision(Float32Precision::tf32);
  cuda::matmul(runtime(), a, b, c);
  EXPECT_EQ(at(c, 0, 0), 1);
  EXPECT_EQ(plans(), before + 1);  // another algorithm
  set_float32_precision(Float32Precision::ieee);
  cuda::matmul(runtime(), a, b, c);
  EXPECT_EQ(at(c, 0, 0), number * number);
  EXPECT_EQ(plans(), before + 1);
}
TEST_F(CudaProducts, OfOtherDtypesDoNotDependOnTf32) {
  const View halves = matrix(4, 4, DType::float16), doubles = matrix(4, 4, DType::float64);
  cuda::matmul(runtime(), halves, halves, matrix(4, 4, DType::float16));
  cuda::matmul(runtime(), doubles, doubles, matrix(4, 4, DType::float64));
  const std::size_t before = plans();
  set_float32_precision(Float32Precision::tf32);
  cuda::matmul(runtime(), halves, halves, matrix(4, 4, DType::float16));
  cuda::matmul(runtime(), doubles, doubles, matrix(4, 4, DType::float64));
  EXPECT_EQ(plans(), before);
}

TEST_F(CudaProducts, OfRealsHaveAKernelToo) {
  for (std::int64_t size : {1, 7, 64, 130}) {
    const View a = matrix(size, 33), b = matrix(33, size, DType::float32, true),
               bias = matrix(1, size), c = matrix(size, size), d = matrix(size, size);
    cuda::gemm(runtime(), a, b, bias.broadcast_to({size, size}), c);
    ASSERT_TRUE(cuda::linear(runtime(), a, b.reshaped({size, 33}, {33, 1}, 0),
                             bias.reshaped({size}, {1}, 0), d));
    for (std::int64_t i = 0; i < size; i += 3)
      for (std::int64_t j = 0; j < size; ++j) ASSERT_EQ(at(c, i, j), at(d, i, j)) << i << ", " << j;
  }
}

TEST_F(CudaProducts, NeedNoLibraryWhereItIsSwitchedOff) {
  const View a = matrix(5, 6), b = matrix(6, 7), c = matrix(5, 7), d = matrix(5, 7);
  cuda::matmul(runtime(), a, b, c);
  setenv("TINYGRAD_CUDA_LIBRARIES", "0", 1);
  cuda::matmul(without_libraries(), a, b, d);
  unsetenv("TINYGRAD_CUDA_LIBRARIES");
  EXPECT_EQ(cuda::Blas::of(without_libraries()).plan_count(), 0u);
  for (std::int64_t i = 0; i < 5; ++i)
    for (std::int64_t j = 0; j < 7; ++j) EXPECT_EQ(at(c, i, j), at(d, i, j)) << i << ", " << j;
}

/// A batch [2, 5] of matrices a [3, 4], whose samples are `apart` elements apart, and b, 120 apart:
/// as in the heads of attention, the two dimensions of the batch cannot be merged.
void expect_heads(cuda::Runtime& runtime, const Memory& memory, std::int64_t apart,
                  const Memory& to) {
  const View a(memory, DType::float32, {2, 5, 3, 4}, {apart, 4, 20, 1}),
      b(memory, DType::float32, {2, 5, 4, 3}, {120, 4, 1, 20});
  const View c(to, DType::float32, {2, 5, 3, 3}, {45, 9, 3, 1});
  cuda::matmul(runtime, a, b, c);
  std::vector<float> from(240), result(90);
  runtime.download(memory, 0, from.data(), 960);
  runtime.download(to, 0, result.data(), 360);
  for (std::size_t n = 0; n < 90; ++n) {
    const std::size_t i = n / 45, h = n / 9 % 5, row = n / 3 % 3, column = n % 3;
    float sum = 0;
    for (std::size_t k = 0; k < 4; ++k)
      sum += from[i * std::size_t(apart) + h * 4 + row * 20 + k] *
             from[i * 120 + h * 4 + k + column * 20];
    ASSERT_EQ(result[n], sum) << n;
  }
}
TEST_F(CudaProducts, OfManySmallHeadsAreOneCallOfCopies) {
  const View from = matrix(40, 6), to = matrix(10, 9);
  cuda::matmul(runtime(), from.reshaped({10, 3, 4}, {12, 4, 1}, 0),
               from.reshaped({10, 4, 3}, {12, 3, 1}, 0), to.reshaped({10, 3, 3}, {9, 3, 1}, 0));
  const std::size_t before = plans();
  expect_heads(runtime(), from.memory(), 120, to.memory());
  EXPECT_EQ(plans(), before);  // the plan of ten dense matrices
}
TEST_F(CudaProducts, OfBatchesWalkAlongTheLongestDimension) {
  const View from = matrix(40, 6), to = matrix(10, 9);
  const std::size_t before = plans();
  expect_heads(runtime(), from.memory(), 0,
               to.memory());  // a repeated batch: no copy has one batch stride
  EXPECT_EQ(plans(), before + 1);
}

// ------------------------------------------------------------ convolutions

View image(const Shape& shape, std::int64_t offset = 0, DType dtype = DType::float32) {
  static char memory[1 << 20];
  return {{memory, sizeof memory}, dtype, shape, dense_strides(shape), offset};
}

using CudaConvPlan = CudaModes;

TEST_F(CudaConvPlan, DiffersByAllThatAnEngineDependsOn) {
  const View x = image({2, 4, 9, 9}), w = image({6, 4, 3, 3}), y = image({2, 6, 7, 7});
  const Window window = {};
  const auto plan = [&](cuda::Pass pass = cuda::Pass::forward) {
    return cuda::conv_plan(pass, x, w, y, window);
  };
  const cuda::ConvPlan one = plan();
  EXPECT_EQ(one, plan());
  EXPECT_NE(one, plan(cuda::Pass::input_grad));
  EXPECT_NE(one, plan(cuda::Pass::weight_grad));
  EXPECT_NE(one, cuda::conv_plan(cuda::Pass::forward, image({3, 4, 9, 9}), w, y, window));
  EXPECT_NE(one, cuda::conv_plan(cuda::Pass::forward, image({2, 4, 9, 9}, 1), w, y,
                                 window));  // less aligned
  EXPECT_NE(one, cuda::conv_plan(cuda::Pass::forward, x, w, y, {{1, 1}, {0, 1}, {1, 1}, 1}));
  EXPECT_NE(one, cuda::conv_plan(cuda::Pass::forward, x, w, y, {{2, 1}, {0, 0}, {1, 1}, 1}));
  EXPECT_NE(one, cuda::conv_plan(cuda::Pass::forward, x, w, y, {{1, 1}, {0, 0}, {1, 2}, 1}));
  EXPECT_NE(one, cuda::conv_plan(cuda::Pass::forward, x, w, image({2, 6, 7, 7}, 0, DType::float16),
                                 window));

  set_float32_precision(Float32Precision::tf32);
  EXPECT_NE(one, plan());
  set_float32_precision(Float32Precision::ieee);
  use_deterministic_algorithms(false);
  EXPECT_NE(one, plan());
  use_deterministic_algorithms(true);
  EXPECT_EQ(one, plan());
}
TEST_F(CudaConvPlan, KnowsTheAlignmentOfWhatItGets) {
  EXPECT_EQ(cuda::tensor_layout(image({1, 1, 2, 2}, 4)).alignment, 16);
  EXPECT_EQ(cuda::tensor_layout(image({1, 1, 2, 2}, 2)).alignment, 8);
  EXPECT_EQ(cuda::tensor_layout(image({1, 1, 2, 2}, 3, DType::float16)).alignment, 2);
}

TEST_F(CudaConvPlan, IsTheSameHoweverDimensionsOfOneAreStridden) {
  const View dense = image({2, 1, 3, 4}),
             permuted = dense.reshaped({2, 1, 3, 4}, {12, 1, 4, 1}, 0);  // of [2, 3, 4, 1]
  ASSERT_TRUE(permuted.is_dense());
  EXPECT_EQ(cuda::tensor_layout(permuted), cuda::tensor_layout(dense));
}

TEST_F(CudaConvPlan, RefusesArithmeticThatRounds) {
  cuda::ConvPlan p;
  EXPECT_TRUE(cuda::accepts(p, {}));
  EXPECT_FALSE(cuda::accepts(p, {.tensor_core = true}));  // tensor cores take float32 as TF32
  EXPECT_FALSE(cuda::accepts(p, {.rounds_inputs = true}));
  p.precision = Float32Precision::tf32;
  EXPECT_TRUE(cuda::accepts(p, {.tensor_core = true, .rounds_inputs = true}));
  EXPECT_FALSE(cuda::accepts(p, {.rounds_sums = true}));
  p.dtype = DType::float16, p.precision = Float32Precision::ieee;
  EXPECT_TRUE(cuda::accepts(p, {.tensor_core = true}));
  EXPECT_FALSE(cuda::accepts(p, {.tensor_core = true, .rounds_sums = true}));
}
TEST_F(CudaConvPlan, TakesWhatTheProgramAllows) {
  const auto plan = [](DType dtype = DType::float32) {
    return cuda::conv_plan(cuda::Pass::forward, image({2, 4, 9, 9}, 0, dtype),
                           image({6, 4, 3, 3}, 0, dtype), image({2, 6, 7, 7}, 0, dtype), {});
  };
  EXPECT_FALSE(cuda::accepts(plan(), {.tensor_core = true}));
  EXPECT_FALSE(cuda::accepts(plan(), {.rounds_inputs = true}));
  EXPECT_FALSE(cuda::accepts(plan(), {.deterministic = false}));
  const cuda::ConvPlan half = plan(DType::float16);
  set_float32_precision(Float32Precision::tf32);
  EXPECT_TRUE(cuda::accepts(plan(), {.tensor_core = true, .rounds_inputs = true}));
  EXPECT_FALSE(cuda::accepts(plan(), {.rounds_sums = true}));
  EXPECT_FALSE(cuda::accepts(plan(), {.deterministic = false}));
  EXPECT_EQ(half, plan(DType::float16));  // TF32 concerns only float32
  use_deterministic_algorithms(false);
  EXPECT_TRUE(cuda::accepts(plan(), {.deterministic = false}));
}
TEST_F(CudaConvPlan, RefusesWhatIsNotDeterministicInThatMode) {
  cuda::ConvPlan p;
  EXPECT_FALSE(cuda::accepts(p, {.deterministic = false}));
  p.deterministic = false;
  EXPECT_TRUE(cuda::accepts(p, {.deterministic = false}));
}
TEST_F(CudaConvPlan, LeavesTransformsToTheTimedMode) {
  cuda::ConvPlan p;
  EXPECT_FALSE(cuda::accepts(p, {.transforms = true}));
  p.deterministic = false;
  EXPECT_TRUE(cuda::accepts(p, {.transforms = true}));
  EXPECT_FALSE(cuda::accepts(p, {.tensor_core = true, .transforms = true}));
}

#if TINYGRAD_HAVE_CUDNN
/// Uses the emulator's cuDNN, which must be selected before the backend opens the library.
class CudaConvolutions : public CudaProducts {
 public:
  CudaConvolutions() {
    setenv("CUDA_EMULATOR_CUDNN", "1", 1);
    EXPECT_EQ(cuda::cudnn().problem, "");
  }
  /// Convolves matrices of one row as images.
  bool convolve(const View& x, const View& w, const View& y, cuda::Runtime& on = runtime()) {
    const auto image = [](const View& v) {
      return v.reshaped({1, 1, 1, v.size(1)}, dense_strides({1, 1, 1, v.size(1)}), 0);
    };
    return cuda::conv2d(on, image(x), image(w), {}, {}, image(y));
  }
  /// The square of a value, computed by a convolution.
  float square(float number) {
    const View x = matrix(1, 1), w = matrix(1, 1), y = matrix(1, 1);
    runtime().upload(&number, x.memory(), 0, 4);
    runtime().upload(&number, w.memory(), 0, 4);
    EXPECT_TRUE(convolve(x, w, y));
    return at(y, 0, 0);
  }
  /// Convolves `size` elements with one weight: each size has a plan of its own.
  void expect_right(std::int64_t size) {
    const View x = matrix(1, size), w = matrix(1, 1), y = matrix(1, size);
    EXPECT_TRUE(convolve(x, w, y));
    for (std::int64_t i = 0; i < size; ++i)
      EXPECT_NEAR(at(y, 0, i), at(x, 0, i) * at(w, 0, 0), 1e-2) << i;
  }
  /// Returns the number of calls that the armed fault made fail while f ran.
  template <class F> static long failures(const char* fault, const F& f) {
    cuda_emulator::arm_fault(fault);
    f();
    const long fired = cuda_emulator::faults_fired();
    cuda_emulator::arm_fault("");
    return fired;
  }
};

TEST_F(CudaConvolutions, AreFloat32UnlessTf32IsAllowed) {
  const float number = 1 + 0x1p-12f;
  EXPECT_EQ(square(number), number * number);
  set_float32_precision(Float32Precision::tf32);
  EXPECT_EQ(square(number), 1);
}
TEST_F(CudaConvolutions, AreTimedWhereTheyNeedNotBeDeterministic) {
  use_deterministic_algorithms(false);
  EXPECT_NEAR(square(3), 9, 1e-2);  // transforms may have won
  EXPECT_NEAR(square(5), 25, 1e-2);
}
/// A plan that fails is not used again; if there is no other, this backend's own kernels convolve.
TEST_F(CudaConvolutions, ThatFailGoToOwnKernels) {
  EXPECT_EQ(failures("cudnnBackendExecute:1:1:on", [&] { expect_right(5); }), 1);
  EXPECT_EQ(failures("cudnnBackendExecute:1:1:on", [&] { expect_right(5); }), 0);
  use_deterministic_algorithms(false);
  EXPECT_GT(failures("cudnnBackendExecute:1:1:on", [&] { expect_right(5); }), 1);
  EXPECT_EQ(failures("cudnnBackendExecute:1:1:on", [&] { expect_right(5); }), 0);
}
TEST_F(CudaConvolutions, GoToAnotherEngineWhereOneFails) {
  use_deterministic_algorithms(false);
  EXPECT_EQ(failures("cudnnBackendExecute:1:1", [&] { expect_right(6); }), 1);
  EXPECT_EQ(failures("cudnnBackendExecute:1:1:on", [&] { expect_right(6); }),
            1);  // cuDNN was still used
}
TEST_F(CudaConvolutions, NeedNoMoreMemoryThanThereIs) {
  runtime().memory().empty_cache();
  setenv("CUDA_EMULATOR_MEMORY", "50000000", 1);  // one of the engines needs more
  use_deterministic_algorithms(false);
  expect_right(7);
  unsetenv("CUDA_EMULATOR_MEMORY");
}
TEST_F(CudaConvolutions, WaitForMemoryThatNoEngineGot) {
  use_deterministic_algorithms(false);
  const View x = matrix(1, 11), w = matrix(1, 1), y = matrix(1, 11);
  runtime().memory().empty_cache();
  EXPECT_GT(failures("cudaMalloc:1:2:on", [&] { EXPECT_TRUE(convolve(x, w, y)); }),
            0);  // computed by this backend's own kernels
  EXPECT_EQ(failures("cudnnBackendExecute:1:1", [&] { EXPECT_TRUE(convolve(x, w, y)); }),
            1);  // timed when there is memory
}
TEST_F(CudaConvolutions, ThatFailWhileAStepIsRecordedAreErrors) {
  const View x = matrix(1, 8), w = matrix(1, 1), y = matrix(1, 8);
  runtime().begin_recording();
  std::string text;
  EXPECT_EQ(failures("cudnnBackendExecute:1:1",
                     [&] { text = message_of<DeviceError>([&] { convolve(x, w, y); }); }),
            1);
  EXPECT_NE(text.find("could not convolve by cuDNN"), std::string::npos) << text;
  runtime().end_recording();
}
TEST_F(CudaConvolutions, NeedNoLibraryWhereItIsSwitchedOff) {
  const View x = matrix(1, 10), w = matrix(1, 1), y = matrix(1, 10);
  setenv("TINYGRAD_CUDA_LIBRARIES", "0", 1);
  EXPECT_EQ(failures("cudnnBackendExecute:1:1:on",
                     [&] { EXPECT_TRUE(convolve(x, w, y, without_libraries())); }),
            0);
  unsetenv("TINYGRAD_CUDA_LIBRARIES");
  EXPECT_EQ(at(y, 0, 9), at(x, 0, 9) * at(w, 0, 0));
}
/// A recorded step uses its engine as long as it exists.
TEST_F(CudaConvolutions, KeepTheEngineThatARecordTook) {
  use_deterministic_algorithms(false);
  const View x = matrix(1, 9), w = matrix(1, 1), y = matrix(1, 9);
  runtime().begin_recording();
  EXPECT_TRUE(convolve(x, w, y));
  const auto recording = runtime().end_recording();
  EXPECT_EQ(failures("cudnnBackendExecute:2:1:on", [&] { EXPECT_TRUE(convolve(x, w, y)); }),
            0);  // it runs once: plans are not timed
}
#endif

// ------------------------------------------------------------ libraries

using CudaLibraryPaths = test::Files;

TEST_F(CudaLibraryPaths, OfCudnnComeBeforeTheSystems) {
  for (const char* file : {"cudnn/lib/libcudnn.so.9", "cuda/lib64/libcudnn.so.9",
                           "cuda/targets/x86_64-linux/lib/libcudnn.so.9",
                           "venv/lib/python3.11/site-packages/nvidia/cudnn/lib/libcudnn.so.9",
                           "usr/lib/python3/dist-packages/nvidia/cu13/lib/libcudnn.so.9"}) {
    fs::create_directories(fs::path(path(file)).parent_path());
    put(file, "a library");
  }
  const cuda::LibraryFolders folders = {
      {path("cudnn")}, {"", path("nowhere"), path("cuda")}, {"", path("venv"), path("usr")}};
  const std::vector<std::string> expected = {
      path("cudnn/lib/libcudnn.so.9"),
      "libcudnn.so.9",
      path("cuda/lib64/libcudnn.so.9"),
      path("cuda/targets/x86_64-linux/lib/libcudnn.so.9"),
      path("venv/lib/python3.11/site-packages/nvidia/cudnn/lib/libcudnn.so.9"),
      path("usr/lib/python3/dist-packages/nvidia/cu13/lib/libcudnn.so.9")};
  EXPECT_EQ(cuda::library_paths({"libcudnn.so.9"}, folders), expected);
}
TEST_F(CudaLibraryPaths, OfTheFirstNameComeFirst) {
  EXPECT_EQ(cuda::library_paths({"libcublasLt.so.13", "libcublasLt.so.12"}, {}),
            (std::vector<std::string>{"libcublasLt.so.13", "libcublasLt.so.12"}));
}

}  // namespace
