// SPDX-License-Identifier: MIT
// Tests the emulator that runs the CUDA backend's kernels without a GPU: it must compute what a GPU
// computes, and report mistakes that a GPU does not report.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numeric>
#include <vector>

namespace {

// ------------------------------------------------------------ kernels

__global__ void add(const float* __restrict__ a, const float* __restrict__ b, float* out,
                    int count) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) out[i] = a[i] + b[i];
}

/// The sum of the elements of each block of 64 threads, through shared memory.
__global__ void __launch_bounds__(64) sum_blocks(const float* x, float* sums) {
  __shared__ float parts[64];
  parts[threadIdx.x] = x[blockIdx.x * 64 + threadIdx.x];
  for (unsigned half = 32; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
  }
  if (threadIdx.x == 0) sums[blockIdx.x] = parts[0];
}

/// The same without barriers.
__global__ void sum_without_barriers(const float* x, float* sums) {
  __shared__ float parts[64];
  parts[threadIdx.x] = x[threadIdx.x];
  if (threadIdx.x > 0) return;
  float sum = 0;
  for (int i = 0; i < 64; ++i) sum += parts[i];
  *sums = sum;
}

/// The sum over each warp, in all of its lanes.
__global__ void sum_warps(const float* x, float* sums) {
  float sum = x[threadIdx.x];
#pragma unroll
  for (int bits = 16; bits > 0; bits /= 2) sum += __shfl_xor_sync(0xffffffff, sum, bits);
  sums[threadIdx.x] = sum;
}

__global__ void shuffles(long long* out) {
  const int i = int(threadIdx.x);
  out[i] = __shfl_down_sync(0xffffffff, 100ll + i, 3);
  out[64 + i] = __shfl_sync(0xffffffff, 100ll + i, 5);
  out[128 + i] = __shfl_xor_sync(0xffffffff, 100ll + i, 3, 8);
  out[192 + i] = __shfl_down_sync(0xffffffff, 100ll + i, 6, 8);
}

__global__ void places(int* out) {
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  out[block * blockDim.x * blockDim.y * blockDim.z + thread] = int(block * 1000 + thread);
}

__global__ void half_of_them_meet() {
  if (threadIdx.x < 32) __syncthreads();
}
__global__ void meet_in_two_places() {
  if (threadIdx.x % 2) __syncthreads();
  else __syncthreads();
}
__global__ void half_a_warp_shuffles(int* out) {
  if (threadIdx.x < 16) out[0] = __shfl_sync(0xffffffff, 1, 0);
}
__global__ void shuffle_with_a_mask(int* out) { out[threadIdx.x] = __shfl_sync(0xff, 1, 0); }

__global__ void smallest(int* least, const int* x) { atomicMin(least, x[threadIdx.x]); }
__global__ void halves(const __half* x, __nv_bfloat16* y) {
  y[threadIdx.x] = __float2bfloat16(2 * __half2float(x[threadIdx.x]));
}
__global__ void increment(float* x) { x[threadIdx.x] += 1; }

// ------------------------------------------------------------ the device's memory

template <class T> class Array {
 public:
  explicit Array(std::size_t count) : count_(count) {
    EXPECT_EQ(cudaMalloc(&at_, count * sizeof(T)), cudaSuccess);
  }
  explicit Array(const std::vector<T>& values) : Array(values.size()) {
    EXPECT_EQ(
        cudaMemcpyAsync(at_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice, nullptr),
        cudaSuccess);
  }
  ~Array() { EXPECT_EQ(cudaFree(at_), cudaSuccess); }
  T* at() { return static_cast<T*>(at_); }
  std::vector<T> values() const {
    std::vector<T> all(count_);
    EXPECT_EQ(cudaMemcpyAsync(all.data(), at_, count_ * sizeof(T), cudaMemcpyDeviceToHost, nullptr),
              cudaSuccess);
    return all;
  }

 private:
  void* at_ = nullptr;
  std::size_t count_;
};

template <class... P, class... A>
cudaError_t run(dim3 grid, dim3 block, cudaStream_t stream, void (*kernel)(P...), A... arguments) {
  cudaLaunchConfig_t config = {};
  config.gridDim = grid, config.blockDim = block, config.stream = stream;
  return cudaLaunchKernelEx(&config, kernel, arguments...);
}
std::vector<float> numbers(int count) {
  std::vector<float> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0.0f);
  return all;
}
class Backwards {
 public:
  Backwards() { setenv("CUDA_EMULATOR_ORDER", "backwards", 1); }
  ~Backwards() { unsetenv("CUDA_EMULATOR_ORDER"); }
};
std::string last_error() {
  const cudaError_t error = cudaGetLastError();
  return std::string(cudaGetErrorName(error)) + ": " + cudaGetErrorString(error);
}
void expect_error(const std::string& part) {
  const std::string error = last_error();
  EXPECT_NE(error.find(part), std::string::npos) << error;
}

// ------------------------------------------------------------ launches

TEST(Emulator, RunsEveryThreadOnce) {
  Array<float> a(numbers(1000)), b(numbers(1000)), out(1000);
  ASSERT_EQ(run(8, 128, nullptr, add, a.at(), b.at(), out.at(), 1000), cudaSuccess);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(out.values()[std::size_t(i)], 2 * float(i));
}

TEST(Emulator, NumbersThreadsInThreeDimensions) {
  Array<int> out(24 * 12);
  ASSERT_EQ(run({2, 3, 4}, {3, 2, 2}, nullptr, places, out.at()), cudaSuccess);
  for (int i = 0; i < 24 * 12; ++i) EXPECT_EQ(out.values()[std::size_t(i)], i / 12 * 1000 + i % 12);
}

TEST(Emulator, BarriersHoldAllThreadsInEitherOrder) {
  Array<float> x(numbers(640)), sums(10);
  const auto check = [&] {
    ASSERT_EQ(run(10, 64, nullptr, sum_blocks, x.at(), sums.at()), cudaSuccess);
    for (int block = 0; block < 10; ++block)
      EXPECT_EQ(sums.values()[std::size_t(block)], float(64 * 64 * block + 63 * 32));
  };
  check();
  const Backwards backwards;
  check();
}

TEST(Emulator, AMissingBarrierShowsInOneOrder) {
  Array<float> x(numbers(64)), sum(1);
  const Backwards backwards;
  ASSERT_EQ(run(1, 64, nullptr, sum_without_barriers, x.at(), sum.at()), cudaSuccess);
  EXPECT_EQ(sum.values()[0], 63 * 32);  // thread 0 comes last
  unsetenv("CUDA_EMULATOR_ORDER");
  const std::vector<float> others(64, 7);
  Array<float> y(others);
  ASSERT_EQ(run(1, 64, nullptr, sum_without_barriers, y.at(), sum.at()), cudaSuccess);
  EXPECT_NE(sum.values()[0], 64 * 7);
}

TEST(Emulator, ShufflesPassNumbersWithinAWarp) {
  Array<float> x(numbers(64)), sums(64);
  ASSERT_EQ(run(1, 64, nullptr, sum_warps, x.at(), sums.at()), cudaSuccess);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(sums.values()[std::size_t(i)], i < 32 ? 496 : 496 + 1024);

  Array<long long> out(256);
  ASSERT_EQ(run(1, 64, nullptr, shuffles, out.at()), cudaSuccess);
  const auto found = out.values();
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(found[std::size_t(i)], 100 + (i % 32 + 3 < 32 ? i + 3 : i));
    EXPECT_EQ(found[std::size_t(64 + i)], 100 + i / 32 * 32 + 5);
    EXPECT_EQ(found[std::size_t(128 + i)], 100 + (i ^ 3));
    EXPECT_EQ(found[std::size_t(192 + i)], 100 + (i % 8 < 2 ? i + 6 : i));
  }
}

TEST(Emulator, HasIntegerAtomicsAndHalves) {
  Array<int> least(std::vector<int>{50}), x(std::vector<int>{60, 12, 70, 13});
  ASSERT_EQ(run(1, 4, nullptr, smallest, least.at(), x.at()), cudaSuccess);
  EXPECT_EQ(least.values()[0], 12);
  Array<__half> h(std::vector<__half>{__half(1.5f), __half(-3.0f)});
  Array<__nv_bfloat16> y(2);
  ASSERT_EQ(run(1, 2, nullptr, halves, h.at(), y.at()), cudaSuccess);
  EXPECT_EQ(__bfloat162float(y.values()[0]), 3);
  EXPECT_EQ(__bfloat162float(y.values()[1]), -6);
}

// ------------------------------------------------------------ mistakes

TEST(EmulatorMistakes, ABarrierThatThreadsMiss) {
  EXPECT_EQ(run(1, 64, nullptr, half_of_them_meet), cudaErrorLaunchFailure);
  expect_error("32 of 64 threads of block (0, 0, 0) wait in vain: thread 0 for its block at ");
  EXPECT_EQ(run(1, 64, nullptr, meet_in_two_places), cudaErrorLaunchFailure);
  expect_error(", thread 1 at ");
  Array<float> x(numbers(64)), sums(1);  // and the next launch works
  EXPECT_EQ(run(1, 64, nullptr, sum_blocks, x.at(), sums.at()), cudaSuccess);
  EXPECT_EQ(sums.values()[0], 63 * 32);
}

TEST(EmulatorMistakes, AShuffleThatLanesMiss) {
  Array<int> out(64);
  EXPECT_EQ(run(1, 32, nullptr, half_a_warp_shuffles, out.at()), cudaErrorLaunchFailure);
  expect_error("16 of 32 threads of block (0, 0, 0) wait in vain: thread 0 for its warp at ");
  EXPECT_EQ(run(1, 32, nullptr, shuffle_with_a_mask, out.at()), cudaErrorLaunchFailure);
  expect_error("meets with the mask 0xff");
  EXPECT_EQ(run(1, 48, nullptr, shuffles, static_cast<long long*>(nullptr)),
            cudaErrorLaunchFailure);
  expect_error("a warp of 16 threads");
}

TEST(EmulatorMistakes, LaunchesThatAreTooLarge) {
  Array<float> x(numbers(4));
  EXPECT_EQ(run(1, 1025, nullptr, increment, x.at()), cudaErrorInvalidConfiguration);
  EXPECT_EQ(run(1, {1, 1, 65}, nullptr, increment, x.at()), cudaErrorInvalidConfiguration);
  EXPECT_EQ(run({1, 65536, 1}, 1, nullptr, increment, x.at()), cudaErrorInvalidConfiguration);
  EXPECT_EQ(run({1, 1, 65536}, 1, nullptr, increment, x.at()), cudaErrorInvalidConfiguration);
  EXPECT_EQ(run(0, 1, nullptr, increment, x.at()), cudaErrorInvalidConfiguration);
  cudaLaunchConfig_t config = {};
  config.gridDim = 1, config.blockDim = 1, config.dynamicSmemBytes = (48 << 10) + 1;
  EXPECT_EQ(cudaLaunchKernelEx(&config, increment, x.at()), cudaErrorInvalidConfiguration);
  EXPECT_EQ(x.values(), numbers(4));
  cudaGetLastError();
}

TEST(EmulatorMistakes, MemoryThatWasNotWrittenIsNan) {
  Array<float> x(3);
  for (float value : x.values()) EXPECT_TRUE(std::isnan(value));
}

TEST(EmulatorMistakes, CopiesBeyondABlock) {
  Array<float> x(4);
  const float numbers[5] = {};
  EXPECT_EQ(cudaMemcpyAsync(x.at(), numbers, 20, cudaMemcpyHostToDevice, nullptr),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemsetAsync(x.at() + 1, 0, 16, nullptr), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(x.at() + 1), cudaErrorInvalidValue);
  EXPECT_EQ(cudaPeekAtLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidValue);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST(EmulatorMistakes, MemoryEnds) {
  setenv("CUDA_EMULATOR_MEMORY", "1000000", 1);
  std::size_t free = 0, total = 0;
  void* at = nullptr;
  EXPECT_EQ(cudaMalloc(&at, 1000001), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMalloc(&at, 600000), cudaSuccess);
  EXPECT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(free, 400000u);
  EXPECT_EQ(cudaFree(at), cudaSuccess);
  unsetenv("CUDA_EMULATOR_MEMORY");
  cudaGetLastError();
}

// ------------------------------------------------------------ capture

class Capture : public testing::Test {
 public:
  Capture() {
    cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking),
        cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking);
    cudaEventCreateWithFlags(&event, cudaEventDisableTiming),
        cudaEventCreateWithFlags(&back, cudaEventDisableTiming);
  }
  ~Capture() override {
    cudaEventDestroy(event), cudaEventDestroy(back);
    cudaStreamDestroy(stream), cudaStreamDestroy(other);
    cudaGetLastError();
  }
  void begin() {
    ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  }
  void end(cudaError_t expected) {
    cudaGraph_t graph = nullptr;
    ASSERT_EQ(cudaStreamEndCapture(stream, &graph), expected);
    if (!graph) return;
    ASSERT_EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
    cudaGraphDestroy(graph);
  }
  cudaStream_t stream = nullptr, other = nullptr;
  cudaEvent_t event = nullptr, back = nullptr;
  cudaGraphExec_t exec = nullptr;
};

TEST_F(Capture, NotesWorkAndDoesItWhenReplayed) {
  Array<float> x(numbers(4)), y(4);
  begin();
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  EXPECT_EQ(cudaStreamIsCapturing(stream, &status), cudaSuccess);
  EXPECT_EQ(status, cudaStreamCaptureStatusActive);
  EXPECT_EQ(run(1, 4, stream, increment, x.at()), cudaSuccess);
  EXPECT_EQ(cudaMemcpyAsync(y.at(), x.at(), 16, cudaMemcpyDeviceToDevice, stream), cudaSuccess);
  EXPECT_EQ(cudaMemsetAsync(y.at(), 0, 4, stream), cudaSuccess);
  end(cudaSuccess);
  EXPECT_EQ(x.values(), numbers(4));  // nothing was done
  for (int i = 0; i < 3; ++i) EXPECT_EQ(cudaGraphLaunch(exec, stream), cudaSuccess);
  EXPECT_EQ(x.values(), (std::vector<float>{3, 4, 5, 6}));
  EXPECT_EQ(y.values(), (std::vector<float>{0, 4, 5, 6}));
  cudaGraphExecDestroy(exec);
}

TEST_F(Capture, OtherStreamsJoinByEvents) {
  Array<float> x(numbers(4));
  begin();
  cudaEventRecord(event, stream);
  EXPECT_EQ(cudaStreamWaitEvent(other, event, 0), cudaSuccess);
  EXPECT_EQ(run(1, 4, other, increment, x.at()), cudaSuccess);
  cudaEventRecord(back, other);
  EXPECT_EQ(cudaStreamWaitEvent(stream, back, 0), cudaSuccess);
  end(cudaSuccess);
  EXPECT_EQ(x.values(), numbers(4));
  cudaGraphLaunch(exec, stream);
  EXPECT_EQ(x.values()[0], 1);
  cudaGraphExecDestroy(exec);
  EXPECT_EQ(run(1, 4, other, increment, x.at()),
            cudaSuccess);  // its part in the capture has ended too
  EXPECT_EQ(x.values()[0], 2);
}

TEST_F(Capture, OtherStreamsMustComeBack) {
  Array<float> x(numbers(4));
  begin();
  cudaEventRecord(event, stream);
  cudaStreamWaitEvent(other, event, 0);
  run(1, 4, other, increment, x.at());
  end(cudaErrorStreamCaptureUnjoined);
}

TEST_F(Capture, TheHostCannotWait) {
  begin();
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorStreamCaptureUnsupported);
  end(cudaErrorStreamCaptureInvalidated);
  begin();
  cudaEventRecord(event, stream);
  EXPECT_EQ(cudaEventSynchronize(event), cudaErrorCapturedEvent);
  end(cudaErrorStreamCaptureInvalidated);
  begin();
  void* at = nullptr;
  EXPECT_EQ(cudaMalloc(&at, 8), cudaErrorStreamCaptureUnsupported);
  end(cudaErrorStreamCaptureInvalidated);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
}

}  // namespace
