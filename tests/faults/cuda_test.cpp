// SPDX-License-Identifier: MIT
// Tests failures on the emulated GPU: if call n of each function of CUDA and cuBLASLt fails, there
// must be a clear error or the correct values, no memory is lost, and the next calls work. (After
// an error of a kernel itself CUDA refuses every further call; such errors are not tested here.)
#include "backends/cuda/cuda.h"
#include "backends/cuda_emulator/faults.h"
#include "fault.h"
#include "opening.h"
#include "small_training.h"
#include "support/message_of.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::test {
namespace {

const Device gpu("emulated_cuda");

struct CudaFault {
  explicit CudaFault(const std::string& text) { cuda_emulator::arm_fault(text.c_str()); }
  CudaFault(const CudaFault&) = delete;
  ~CudaFault() { cuda_emulator::arm_fault(""); }
  static long fired() { return cuda_emulator::faults_fired(); }
};
const char* const errors[] = {
    "2", "801"};  // no memory, after which it is tried once more; not supported

TEST(CudaCall, FailsInTraining) {
  const std::string expected = losses_on(gpu);
  const std::int64_t blocks = memory_stats(gpu).live_blocks;
  long calls = 0;
  for (const char* function : cuda_emulator::functions)
    for (const char* error : errors) {
      std::string losses;
      calls += each_fault<CudaFault>(
          function, error, [&] { losses = losses_on(gpu); },
          [&](bool threw) {
            EXPECT_TRUE(threw || losses == expected) << losses;
            EXPECT_EQ(losses_on(gpu), expected);
            EXPECT_EQ(memory_stats(gpu).live_blocks, blocks);
          });
      if (HasFailure()) return;
    }
  EXPECT_GT(calls, 300);
}

/// From the search for devices to the first values read: each time a device is opened anew.
TEST(CudaCall, FailsInOpening) {
  const auto open = [] { EXPECT_EQ(read_from_new_device(cuda::find_devices), 2); };
  open();
  long calls = 0;
  for (const char* function : cuda_emulator::functions)
    for (const char* error : errors)
      calls += each_fault<CudaFault>(function, error, open, [](bool) {});
  EXPECT_GT(calls, 20);
}

/// A step that cannot be recorded runs as it is, or throws; another recording then works.
TEST(CudaCall, FailsInRecording) {
  Tensor w = ones({64}, {.device = gpu});
  const auto record = [&] {
    const NoGrad off;
    w.fill_(1);
    auto step = capture([&] { w.copy_(w * 2 + 1); });
    for (int i = 0; i < 6; ++i) step();
    return w.to_vector<float>()[63];
  };
  const float expected = record();
  const std::int64_t blocks = memory_stats(gpu).live_blocks;
  long calls = 0;
  for (const char* function : cuda_emulator::functions)
    for (const char* error : errors) {
      float last = expected;
      calls += each_fault<CudaFault>(
          function, error, [&] { last = record(); },
          [&](bool threw) {
            EXPECT_TRUE(threw || last == expected) << last;
            EXPECT_EQ(record(), expected);
            EXPECT_EQ(memory_stats(gpu).live_blocks, blocks);
          });
      if (HasFailure()) return;
    }
  EXPECT_GT(calls, 50);
}

/// Memory that earlier steps left in the pool is returned to the device before the record needs it.
TEST(CudaMemory, ARecordHasRoomForWhatTheStepNeeded) {
  empty_cache(gpu);
  setenv("CUDA_EMULATOR_MEMORY", "100000000", 1);
  Tensor w = ones({64}, {.device = gpu});
  {
    const NoGrad off;
    auto step = capture([&] {
      Tensor room = empty({15'000'000}, {.device = gpu});  // 60 of 100 MB
      Tensor begin = room.slice(0, 0, 64);
      begin.copy_(w);
      w.copy_(begin + 1);
    });
    for (int i = 0; i < 6; ++i) step();
  }
  EXPECT_EQ(w.to_vector<float>()[0], 7);
  unsetenv("CUDA_EMULATOR_MEMORY");
}

/// Kernels may still work in it, and cudaFree is not bound to wait for them. While a step is
/// recorded nothing may wait.
TEST(CudaMemory, GoesBackAfterWhatIsQueued) {
  const auto waits = [] {
    const CudaFault counted("cudaStreamSynchronize:1:1:on");
    empty_cache(gpu);
    return CudaFault::fired();
  };
  Tensor x = empty({4000, 2000}, {.device = gpu});
  x = {};
  EXPECT_GT(waits(), 0);
  x = empty({4000, 2000}, {.device = gpu});
  ASSERT_TRUE(backend(gpu).begin_recording());
  x = {};
  EXPECT_EQ(waits(), 0);
  backend(gpu).end_recording();
}

TEST(CudaCall, ErrorsNameWhatFailedAndTheWayOut) {
  const Tensor x = ones({8, 8}, {.device = gpu});
  const auto message = [&](const std::string& fault, const auto& f) {
    empty_cache(gpu);
    const CudaFault armed(fault);
    return message_of<DeviceError>(f);
  };
  const std::string memory = message("cudaMalloc:1:2:on", [] {
    empty({4000, 2000}, {.device = gpu});
  });
  const std::string lost = message("cudaMalloc:1:700:on", [] {
    empty({4000, 2000}, {.device = gpu});
  });
  EXPECT_NE(lost.find("empty: emulated_cuda ("), std::string::npos) << lost;
  EXPECT_NE(lost.find("TINYGRAD_SYNC=1 names the kernel"), std::string::npos) << lost;
  const std::string launch =
      message("cudaLaunchKernelEx:1:701:on", [&] { (x + x).to_vector<float>(); });
  EXPECT_NE(memory.find("take smaller batches, or free tensors"), std::string::npos) << memory;
  EXPECT_EQ(launch.rfind("add: emulated_cuda (", 0), 0u) << launch;
  EXPECT_NE(launch.find("blocks of"), std::string::npos) << launch;
  EXPECT_NE(launch.find("(701); the kernel takes more registers"), std::string::npos) << launch;
}

}  // namespace
}  // namespace tinygrad::test
