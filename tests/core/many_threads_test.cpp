// SPDX-License-Identifier: MIT
// Tests what many threads may do at once: backward passes that reach one leaf, one module on
// several threads, and models, optimizers and loaders of their own. Also run on other devices.
#include <gtest/gtest.h>

#include <thread>

#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

const TensorOptions there{.device = tested_device("cpu")};

/// Calls f(0), ..., f(n - 1), each on a thread of its own.
void on_threads(int n, const std::function<void(int)>& f) {
  std::vector<std::thread> threads;
  for (int i = 0; i < n; ++i) threads.emplace_back(f, i);
  for (auto& thread : threads) thread.join();
}

TEST(ManyThreads, AddUpTheGradientOfOneLeaf) {
  const Tensor x = ones({4, 8}, there), w = ones({8, 3}, there).requires_grad_();
  const Tensor v = ones({100}, there).requires_grad_();
  on_threads(6, [&](int) {
    for (int i = 0; i < 50; ++i) {
      sum(matmul(x, w)).backward();
      (v * 2).sum().backward();
    }
  });
  EXPECT_EQ(w.grad().to_vector<float>(), std::vector<float>(24, 1200));
  EXPECT_EQ(v.grad().to_vector<float>(), std::vector<float>(100, 600));
}

TEST(ManyThreads, ShareAModule) {
  manual_seed(3);
  nn::Sequential net(nn::Linear(5, 7), nn::Tanh(), nn::Linear(7, 2));
  net.to(there.device);
  std::vector<Tensor> inputs;
  for (int i = 0; i < 4; ++i) inputs.push_back(randn({6, 5}, there));
  auto pass = [&](int i) { sum(square(net(inputs[std::size_t(i)]))).backward(); };
  for (int i = 0; i < 4; ++i) pass(i);
  std::vector<std::vector<float>> serial;
  for (const Tensor& p : net.parameters()) serial.push_back(p.grad().to_vector<float>());
  for (Tensor p : net.parameters()) p.set_grad({});
  on_threads(4, pass);
  const auto parameters = net.parameters();
  for (std::size_t i = 0; i < serial.size(); ++i) {
    const auto sums = parameters[i].grad().to_vector<float>();
    for (std::size_t k = 0; k < sums.size(); ++k)  // in any order
      EXPECT_NEAR(sums[k], serial[i][k], 1e-4f * (1 + std::abs(serial[i][k])));
  }
}

/// Trains a model of its own from the same seed as every other thread.
std::vector<float> trained() {
  manual_seed(5);
  nn::Sequential net(nn::Linear(4, 8), nn::ReLU(), nn::Dropout(0.2), nn::Linear(8, 1));
  net.to(there.device);
  data::Dataset dataset;
  dataset.x = randn({40, 4}), dataset.y = randn({40, 1});
  data::DataLoader loader(dataset, {.batch_size = 8, .device = there.device});
  optim::Adam adam(net.parameters(), {.lr = 0.01});
  for (int epoch = 0; epoch < 3; ++epoch)
    for (auto [inputs, targets] : loader) {
      adam.zero_grad();
      mean(square(net(inputs) - targets)).backward();
      adam.step();
    }
  return net.parameters()[0].to_vector<float>();
}

TEST(ManyThreads, TrainModelsOfTheirOwn) {
  const std::vector<float> alone = trained();
  std::vector<std::vector<float>> together(4);
  on_threads(4, [&](int i) { together[std::size_t(i)] = trained(); });
  for (auto& weights : together) EXPECT_EQ(weights, alone);
}

}  // namespace
}  // namespace tinygrad
