// SPDX-License-Identifier: MIT
// Tests a device without doubles, like most integrated GPUs: float64 is refused with an error that
// says what to do instead, and everything else works. The device is simulated by removing
// cl_khr_fp64 from the extensions that this device reports.
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/message_of.h"
#include "tinygrad/backend.h"
#include "tinygrad/tinygrad.h"

namespace tg = tinygrad;

namespace {

const int hidden =
    setenv("TINYGRAD_OPENCL_WITHOUT", "cl_khr_fp64", 1);  // before the device is opened

TEST(WithoutDoubles, TheyAreRefusedWithAdvice) {
  ASSERT_EQ(hidden, 0);
  EXPECT_FALSE(tg::backend("opencl").has(tg::float64));
  const std::string text =
      "opencl has no float64; use float32 there, or convert with to(float32) first";
  const tg::Tensor here = tg::ones({3}, {.dtype = tg::float64}),
                   there = tg::ones({3}, {.device = "opencl"});
  EXPECT_NE(tg::message_of<tg::DTypeError>([] {
              tg::zeros({3}, {.dtype = tg::float64, .device = "opencl"});
            }).find(text),
            std::string::npos);
  EXPECT_NE(tg::message_of<tg::DTypeError>([&] { here.to("opencl"); }).find(text),
            std::string::npos);
  EXPECT_NE(tg::message_of<tg::DTypeError>([&] { there.to(tg::float64); }).find(text),
            std::string::npos);
  EXPECT_NE(tg::message_of<tg::DTypeError>([] {
              tg::rand({3}, {.dtype = tg::float64, .device = "opencl"});
            }).find(text),
            std::string::npos);
}

TEST(WithoutDoubles, ScalarsOfTheHostAreConverted) {
  const tg::Tensor x = tg::tensor({1.5, 2.5}, {.device = "opencl"});
  EXPECT_EQ(x.dtype(), tg::float32);
  EXPECT_EQ((x * 2.5).sum().item<double>(), 10);
  EXPECT_EQ(x.to_vector<double>(), (std::vector<double>{1.5, 2.5}));
  const tg::Tensor doubles =
      tg::from_vector(std::vector<double>{1, 2}, {2}).to(tg::float32).to("opencl");
  EXPECT_EQ(doubles.to_vector<float>(), (std::vector<float>{1, 2}));
  EXPECT_NE(to_string(x).find("1.5"), std::string::npos);
}

TEST(WithoutDoubles, IntegersAndHalvesAreAsElsewhere) {
  for (tg::DType dtype : {tg::float16, tg::bfloat16, tg::int32, tg::int64, tg::uint8}) {
    const tg::Tensor x = tg::arange(0, 7, 1, {.dtype = dtype, .device = "opencl"});
    EXPECT_EQ((x + x).sum().to_vector<double>(), std::vector<double>{42}) << to_string(dtype);
    EXPECT_EQ(tg::mean(x.to(tg::float32)).item<double>(), 3) << to_string(dtype);
  }
}

/// Training steps on the device equal those on the CPU up to rounding.
TEST(WithoutDoubles, AModelIsTrained) {
  const auto losses = [](const tg::Device& device) {
    tg::manual_seed(3);
    tg::nn::Sequential net{tg::nn::Conv2d(1, 4, 3, {.padding = 1}),
                           tg::nn::BatchNorm2d(4),
                           tg::nn::ReLU(),
                           tg::nn::Flatten(),
                           tg::nn::Dropout(0.25),
                           tg::nn::Linear(4 * 8 * 8, 10)};
    const tg::Tensor x = tg::rand({16, 1, 8, 8}).to(device),
                     y = tg::randint(0, 10, {16}).to(device);
    net.to(device);
    tg::optim::Adam adam(net.parameters(), {.lr = 0.01});
    std::vector<float> all;
    for (int i = 0; i < 5; ++i) {
      adam.zero_grad();
      const tg::Tensor loss = tg::cross_entropy(net(x), y);
      loss.backward();
      adam.step();
      all.push_back(loss.item<float>());
    }
    return all;
  };
  const std::vector<float> there = losses("opencl"), here = losses("cpu");
  for (std::size_t i = 0; i < here.size(); ++i)
    EXPECT_NEAR(there[i], here[i], 1e-4 * (1 + here[i])) << i;
}

}  // namespace
