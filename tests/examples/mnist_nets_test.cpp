// SPDX-License-Identifier: MIT
// Tests the two networks of the MNIST programs: the same results on every device, the same bits
// with any number of threads, and memory that does not grow.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "backends/common/required_kernels_only.h"
#include "mnist/nets.h"
#include "reference.h"
#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

struct Run {
  std::vector<double> losses;
  std::vector<float> weights;  ///< the first parameter, afterwards
};

template <class Net> struct Trainer {
  explicit Trainer(const Device& device)
      : net(made(device)), sgd(net->parameters(), {.lr = 0.05, .momentum = 0.9}) {
    manual_seed(5);
    x = rand({4, 1, 28, 28}).to(device);
    y = randint(0, 10, {4}).to(device);
  }
  static std::unique_ptr<Net> made(const Device& device) {
    manual_seed(4);
    auto net = std::make_unique<Net>();
    net->to(device);
    return net;
  }
  double step() {
    sgd.zero_grad();
    Tensor loss = cross_entropy((*net)(x), y);
    loss.backward();
    sgd.step();
    return loss.item<double>();
  }
  std::unique_ptr<Net> net;
  optim::SGD sgd;
  Tensor x, y;
};

template <class Net> Run train(const Device& device, int steps) {
  Trainer<Net> trainer(device);
  Run run;
  for (int i = 0; i < steps; ++i) run.losses.push_back(trainer.step());
  run.weights = trainer.net->parameters()[0].template to_vector<float>();
  return run;
}

const Device& reference_device() {
  static const Device device = reference::register_reference_backend().device();
  return device;
}
const Device& required_kernels_device() {
  static const Device device =
      register_backend(std::make_unique<RequiredKernelsOnly>(backend("cpu"), Device("required")))
          .device();
  return device;
}

template <class Net> class Nets : public testing::Test {};
using Both = testing::Types<mnist::Mlp, mnist::Cnn>;
TYPED_TEST_SUITE(Nets, Both);

TYPED_TEST(Nets, LoseTheSameOnEveryDevice) {
  const Run cpu = train<TypeParam>("cpu", 3);
  EXPECT_LT(cpu.losses.back(), cpu.losses.front());
  for (const Device& device : and_tested_device({required_kernels_device(), reference_device()})) {
    const Run other = train<TypeParam>(device, 3);
    for (std::size_t i = 0; i < cpu.losses.size();
         ++i)  // float32, sums in other orders, three steps apart
      EXPECT_NEAR(other.losses[i], cpu.losses[i], 2e-4 * std::abs(cpu.losses[i]))
          << to_string(device) << ", step " << i;
  }
}

TYPED_TEST(Nets, LearnTheSameBitsWithAnyNumberOfThreads) {
  const int before = num_threads();
  set_num_threads(1);
  const Run one = train<TypeParam>("cpu", 3);
  for (int threads : {2, 3, 8}) {
    set_num_threads(threads);
    const Run many = train<TypeParam>("cpu", 3);
    EXPECT_EQ(many.losses, one.losses) << threads << " threads";
    EXPECT_EQ(many.weights, one.weights) << threads << " threads";
  }
  set_num_threads(before);
}

TYPED_TEST(Nets, KeepTheirMemoryFlat) {
  const std::size_t blocks_before = memory_stats("cpu").live_blocks;
  {
    Trainer<TypeParam> trainer("cpu");
    for (int i = 0; i < 100; ++i) trainer.step();
    const MemoryStats early = memory_stats("cpu");
    for (int i = 0; i < 900; ++i) trainer.step();
    const MemoryStats late = memory_stats("cpu");
    EXPECT_EQ(late.in_use, early.in_use);
    EXPECT_EQ(late.live_blocks, early.live_blocks);
    EXPECT_LE(late.reserved,
              early.reserved +
                  early.reserved / 4);  // the number of threads that hold scratch memory varies
  }
  EXPECT_EQ(memory_stats("cpu").live_blocks, blocks_before);
}

}  // namespace
}  // namespace tinygrad
