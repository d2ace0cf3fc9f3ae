// SPDX-License-Identifier: MIT
// Trains small networks for 10,000 steps with batches of changing sizes: the memory of the device's
// pool stays what it was after the first rounds of sizes. Also run on other devices, for fewer
// steps.
#include <gtest/gtest.h>

#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

nn::Sequential mlp() { return nn::Sequential(nn::Linear(6, 8), nn::ReLU(), nn::Linear(8, 3)); }
nn::Sequential cnn() {
  return nn::Sequential(nn::Unflatten(1, {1, 6}), nn::Conv1d(1, 4, 3, {.padding = 1}),
                        nn::BatchNorm1d(4), nn::ReLU(), nn::MaxPool1d(2), nn::Flatten(),
                        nn::Dropout(0.1), nn::Linear(12, 3));
}

/// A step with a batch of 2 ... 24 samples: each size once in a round of 23 steps.
void step(nn::Sequential& net, optim::Optimizer& optimizer, const Tensor& x, const Tensor& y,
          int number) {
  const std::int64_t size = 2 + number * 7 % 23;
  optimizer.zero_grad();
  cross_entropy(net(x.narrow(0, 0, size)), y.narrow(0, 0, size)).backward();
  optimizer.step();
}

template <class Optimizer> void stays_flat(nn::Sequential net, int steps) {
  const Device device = tested_device("cpu");
  net.to(device);
  Optimizer optimizer(net.parameters(), {.lr = 1e-3});
  const Tensor x = rand({24, 6}, {.device = device}),
               y = randint(0, 3, {24}, {.dtype = int64, .device = device});
  constexpr int round = 23;
  int number = 0;
  while (number < 10 * round) step(net, optimizer, x, y, number++);
  synchronize(device);
  const MemoryStats before = memory_stats(device);
  while (number < steps / round * round) step(net, optimizer, x, y, number++);
  synchronize(device);
  const MemoryStats after = memory_stats(device);
  EXPECT_EQ(after.in_use, before.in_use);
  EXPECT_EQ(after.live_blocks, before.live_blocks);
  EXPECT_EQ(after.peak, before.peak);
  EXPECT_LE(double(after.peak_reserved), 1.1 * double(before.peak_reserved));  // by size classes
}

const int steps_of_each = tested_device("cpu") == Device("cpu") ? 5000 : 600;

TEST(FlatMemory, OfAnMlp) { stays_flat<optim::Adam>(mlp(), steps_of_each); }
TEST(FlatMemory, OfACnn) { stays_flat<optim::SGD>(cnn(), steps_of_each); }

}  // namespace
}  // namespace tinygrad
