// SPDX-License-Identifier: MIT
// Tests the rounding that a program allows its devices: none by default, and the same for all
// threads. cuda_test.cpp tests what the plans of the CUDA backend depend on.
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "support/message_of.h"
#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tg = tinygrad;

namespace {

class Modes : public testing::Test {
 public:
  ~Modes() override {
    tg::set_float32_precision(tg::Float32Precision::ieee);
    tg::use_deterministic_algorithms(true);
  }
};

TEST_F(Modes, AllowNothingByDefault) {
  EXPECT_EQ(tg::float32_precision(), tg::Float32Precision::ieee);
  EXPECT_TRUE(tg::are_deterministic_algorithms_enabled());
}
TEST_F(Modes, HoldForAllThreads) {
  tg::set_float32_precision(tg::Float32Precision::tf32);
  tg::use_deterministic_algorithms(false);
  std::thread([] {
    EXPECT_EQ(tg::float32_precision(), tg::Float32Precision::tf32);
    EXPECT_FALSE(tg::are_deterministic_algorithms_enabled());
    tg::set_float32_precision(tg::Float32Precision::ieee);
    tg::use_deterministic_algorithms(true);
  }).join();
  EXPECT_EQ(tg::float32_precision(), tg::Float32Precision::ieee);
  EXPECT_TRUE(tg::are_deterministic_algorithms_enabled());
}
TEST_F(Modes, RefuseWhatIsNoPrecision) {
  EXPECT_EQ(tg::message_of<tg::ArgumentError>([] {
              tg::set_float32_precision(tg::Float32Precision(7));
            }).rfind("set_float32_precision: must be Float32Precision::ieee or tf32, got 7", 0),
            0u);
  EXPECT_EQ(tg::float32_precision(), tg::Float32Precision::ieee);
}
/// 64 products of a number that TF32 rounds to 1: of matrices, and as a convolution adds them up.
std::pair<float, float> sums_of_64(const tg::Device& device) {
  const float number = 1 + 0x1p-12f;
  const tg::Tensor a = tg::full({64, 64}, number, {.device = device}),
                   x = tg::full({2, 64, 4, 4}, number, {.device = device}),
                   w = tg::full({32, 64, 1, 1}, number, {.device = device});
  return {tg::amax(tg::matmul(a, a)).item<float>(), tg::amax(tg::conv2d(x, w)).item<float>()};
}
/// Devices may round if it is allowed; the CPU does not.
TEST_F(Modes, Float32IsFloat32UnlessTf32IsAllowed) {
  const float whole = 64 * (1 + 0x1p-11f), rounded = 64, error = 1e-4f;
  for (const tg::Device& device : tg::and_tested_device({"cpu"})) {
    SCOPED_TRACE(to_string(device));
    const auto [product, convolution] = sums_of_64(device);
    EXPECT_NEAR(product, whole, error);
    EXPECT_NEAR(convolution, whole, error);
    tg::set_float32_precision(tg::Float32Precision::tf32);
    const auto [fast_product, fast_convolution] = sums_of_64(device);
    tg::set_float32_precision(tg::Float32Precision::ieee);
    for (float fast : {fast_product, fast_convolution})
      EXPECT_TRUE(fast == rounded || std::fabs(fast - whole) < error) << fast;
    if (device == tg::Device("cpu")) { EXPECT_NEAR(fast_product, whole, error); }
    if (device == tg::Device("emulated_cuda")) { EXPECT_EQ(fast_product, rounded); }
    const auto [again, again_convolution] =
        sums_of_64(device);  // plans that were made meanwhile are others
    EXPECT_EQ(again, product);
    EXPECT_EQ(again_convolution, convolution);
  }
}

}  // namespace
