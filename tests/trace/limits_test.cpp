// SPDX-License-Identifier: MIT
// Tests the limits of a device: they are measured once, kept in a file, and printed with a profile.
#include <chrono>
#include <cstdlib>

#include "support/files.h"
#include "tinygrad/nn.h"
#include "tinygrad/ops.h"
#include "tinygrad/trace/profile.h"

namespace tinygrad {
namespace {

class Limits : public test::Files {
 protected:
  Limits() { setenv("XDG_CACHE_HOME", folder_.c_str(), 1); }
  ~Limits() override { unsetenv("XDG_CACHE_HOME"); }
  const std::string file = "tinygrad/limits.txt";
};

TEST_F(Limits, AreMeasuredOnceAndKept) {
  const DeviceLimits measured = device_limits("cpu");
  EXPECT_GT(measured.flops_per_second, 1e6);
  EXPECT_GT(measured.bytes_per_second, 1e6);
  const std::string kept = get(file);
  EXPECT_EQ(std::count(kept.begin(), kept.end(), '\n'), 1);
  ASSERT_NE(kept.find(" cpu "), std::string::npos) << kept;
  const std::string description = kept.substr(kept.find(" cpu ") + 1);

  put(file, "3e9 4e9 another device\n1e9 2e9 " + description + "no limits " + description +
                "0 7e9 " + description);
  const DeviceLimits found = device_limits("cpu");
  EXPECT_EQ(found.flops_per_second, 1e9);
  EXPECT_EQ(found.bytes_per_second, 2e9);

  // A machine of 1 GFLOP/s and 2 GB/s.
  const Tensor x = ones({4});
  const std::string text = to_string(profile([&] { tanh(x); }));
  EXPECT_NE(text.find("cpu reaches 1.0 GFLOP/s and 2.0 GB/s\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\ntanh  "), std::string::npos) << text;
  EXPECT_NE(text.find("\noutside modules  "), std::string::npos) << text;
}

TEST_F(Limits, AreMeasuredAgainIfTheFileCannotBeWritten) {
  put("tinygrad", "a file in the place of the folder");
  EXPECT_GT(device_limits("cpu").flops_per_second, 0);
}

/// A product of a size that stays in the second cache: the library's best use of multiply-adds.
double flops_of_a_product() {
  const Tensor a = ones({192, 192});
  double best = 0;
  for (int i = 0; i < 50; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    matmul(a, a);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::max(best, 2. * 192 * 192 * 192 / took.count());
  }
  return best;
}

TEST(HostLimits, AreReachedByKernelsAndNotPassed) {
  const int threads = num_threads();
  set_num_threads(1);
  const HostLimits limits = measure_host_limits(1 << 20);
  const double product = flops_of_a_product();
  set_num_threads(threads);
  // A loop of half the vectors' width or without fused operations has half the rate. 1.25: the
  // clock may change between both; 0.2: kernels of sanitizers and of -O0 are that slow.
  EXPECT_LT(product, 1.25 * limits.flops_per_second);
#ifdef NDEBUG
  EXPECT_GT(product, 0.2 * limits.flops_per_second);
#endif
  // Reading alone moves no less than two thirds of what reading and writing do.
  EXPECT_GT(limits.read, 0.67 * limits.copy);
  EXPECT_GT(limits.copy, 1e8);
  EXPECT_GT(limits.triad, 1e8);
}

TEST(LimitReached, IsTheLargerOfBoth) {
  const DeviceLimits limits = {1e9, 2e9};
  EXPECT_EQ(limit_reached({.seconds = 2, .flops = 1e9, .bytes = 1e9}, limits), 0.5);
  EXPECT_EQ(limit_reached({.seconds = 2, .flops = 1e9, .bytes = 3e9}, limits), 0.75);
  EXPECT_EQ(limit_reached({.seconds = 0, .flops = 1e9}, limits), 0);
  EXPECT_EQ(limit_reached({.seconds = 1}, limits), 0);
}

}  // namespace
}  // namespace tinygrad
