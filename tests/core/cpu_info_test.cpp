// SPDX-License-Identifier: MIT
// Tests the CPU backend's description of itself.
#include <gtest/gtest.h>

#include "backends/cpu/choose.h"
#include "tinygrad/device.h"
#include "tinygrad/error.h"

namespace tinygrad {
namespace {

TEST(CpuInfo, IsWhatRuns) {
  const int before = num_threads();
  set_num_threads(3);
  const CpuInfo info = cpu_info();
  set_num_threads(before);
  EXPECT_EQ(info.threads, 3);
  EXPECT_EQ(info.kernels, cpu::choose_kernels().name);
  EXPECT_TRUE(info.blas.empty() || info.blas.rfind("OpenBLAS ", 0) == 0) << info.blas;
}

TEST(CpuInfo, RefusesWhatCannotRun) {
  setenv("TINYGRAD_CPU", "nonsense", 1);
  EXPECT_THROW(cpu_info(), ArgumentError);
#if defined(__aarch64__)
  const char *always = "neon", *never = "avx2";
#else
  const char *always = "baseline", *never = "neon";
#endif
  setenv("TINYGRAD_CPU", never, 1);
  EXPECT_THROW(cpu_info(), ArgumentError);
  setenv("TINYGRAD_CPU", always, 1);
  EXPECT_EQ(cpu_info().kernels, always);
  unsetenv("TINYGRAD_CPU");
}

}  // namespace
}  // namespace tinygrad
