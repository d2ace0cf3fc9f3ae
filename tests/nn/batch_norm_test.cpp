// SPDX-License-Identifier: MIT
// Tests that the running statistics of BatchNorm2d equal PyTorch's, value by value (torch 1.13,
// float64).
#include "support/nn_help.h"

namespace tinygrad {
namespace {

/// 3 x 2 x 2 x 2: (7 i mod 11) / 4.
Tensor batch() {
  std::vector<double> values;
  for (int i = 0; i < 24; ++i) values.push_back((i * 7 % 11) / 4.);
  return from_vector(values, {3, 2, 2, 2});
}

TEST(BatchNorm2d, KeepsPyTorchsRunningStatistics) {
  nn::BatchNorm2d norm(2);
  norm.to(float64);
  const Tensor x = batch();
  expect_close(norm(x).slice(0, 0, 1).select(1, 0),
               {-1.212669907587546, 0.8246155371595311, -0.339547574124513, 1.697737870622564},
               1e-12);
  expect_close(norm.running_mean, {0.10416666666666669, 0.13958333333333334}, 1e-14);
  expect_close(norm.running_var, {0.9804924242424242, 0.9539299242424243}, 1e-14);
  norm(x * x - 1);
  expect_close(norm.running_mean, {0.17604166666666668, 0.26989583333333333}, 1e-14);
  expect_close(norm.running_var, {1.3735535037878788, 1.2384700520833334}, 1e-14);
  EXPECT_EQ(norm.num_batches_tracked.item<int>(), 2);
  norm.eval();
  expect_close(norm(x).slice(0, 0, 1).select(1, 0),
               {-0.15020732090620706, 1.34297788100165, 0.4897291941971602, 1.9829143961050173},
               1e-12);
  EXPECT_EQ(norm.num_batches_tracked.item<int>(), 2);
}

TEST(BatchNorm2d, CountsAllBatchesAlikeWithoutMomentum) {
  nn::BatchNorm2d norm(2, {.momentum = std::nullopt});
  norm.to(float64);
  norm(batch()), norm(batch() * batch() - 1);
  expect_close(norm.running_mean, {0.9322916666666667, 1.4192708333333333}, 1e-14);
  expect_close(norm.running_var, {2.858013731060606, 2.1693152225378785}, 1e-14);
}

TEST(BatchNorm2d, MayGoWithoutRunningStatisticsAndWithoutWeights) {
  nn::BatchNorm2d norm(2, {.affine = false, .track_running_stats = false});
  EXPECT_TRUE(norm.state_dict().empty());
  const Tensor trained = norm(batch());
  norm.eval();
  expect_same(norm(batch()), trained);
}

TEST(BatchNorm2d, TrainsItsWeightsThroughTheStatistics) {
  nn::BatchNorm2d norm(2);
  norm.to(float64);
  const Tensor x = batch().requires_grad_();
  (norm(x) * x).sum().backward();
  EXPECT_TRUE(norm.weight.grad().defined() && norm.bias.grad().defined() && x.grad().defined());
  EXPECT_FALSE(norm.running_mean.requires_grad());
}

TEST(BatchNorm2d, RefusesWhatHasNoVariance) {
  nn::BatchNorm2d norm(2);
  expect_says(message_of<ShapeError>([&] {
                norm(zeros({1, 2, 1, 1}));
              }),
              "batch_norm: x is [1, 2, 1, 1]: the variance of one value per channel is not defined "
              "in training mode; use a larger batch, or eval()\n  in BatchNorm2d");
  expect_says(message_of<ShapeError>([&] {
                norm(zeros({0, 2, 3, 3}));
              }),
              "batch_norm: x is [0, 2, 3, 3]: the variance of no value per channel is not defined");
  expect_says(message_of<ShapeError>([&] {
                norm(zeros({4, 3, 2, 2}));
              }),
              "batch_norm: expected x of shape [N, 2, H, W], got [4, 3, 2, 2]");
  expect_close(norm.running_var, {1, 1}, 0);
  norm.eval();
  EXPECT_EQ(norm(zeros({1, 2, 1, 1})).shape(), (Shape{1, 2, 1, 1}));
}

}  // namespace
}  // namespace tinygrad
