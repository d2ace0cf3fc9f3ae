// SPDX-License-Identifier: MIT
// Tests the limits of a device: they are measured once, kept in a file, and printed with a profile.
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

TEST(LimitReached, IsTheLargerOfBoth) {
  const DeviceLimits limits = {1e9, 2e9};
  EXPECT_EQ(limit_reached({.seconds = 2, .flops = 1e9, .bytes = 1e9}, limits), 0.5);
  EXPECT_EQ(limit_reached({.seconds = 2, .flops = 1e9, .bytes = 3e9}, limits), 0.75);
  EXPECT_EQ(limit_reached({.seconds = 0, .flops = 1e9}, limits), 0);
  EXPECT_EQ(limit_reached({.seconds = 1}, limits), 0);
}

}  // namespace
}  // namespace tinygrad
