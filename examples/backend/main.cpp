// SPDX-License-Identifier: MIT
// Registers a device from outside the library in one line, and trains a small net on it.
#include <cstdio>

#include "reference.h"
#include "tinygrad/tinygrad.h"

namespace tg = tinygrad;

int main() try {
  reference::register_reference_backend("reference");
  tg::set_default_device("reference");
  tg::manual_seed(1);

  // Exclusive or: two classes that no straight line separates.
  const tg::Tensor x = tg::tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}}),
                   y = tg::tensor({0, 1, 1, 0});
  tg::nn::Sequential net(tg::nn::Linear(2, 8), tg::nn::Tanh(), tg::nn::Linear(8, 2));
  tg::optim::Adam adam(net.parameters(), {.lr = 0.05});

  for (int step = 0; step <= 100; ++step) {
    adam.zero_grad();
    const tg::Tensor loss = tg::cross_entropy(net(x), y);
    loss.backward();
    adam.step();
    if (step % 20 == 0) std::printf("step %3d  loss %.4f\n", step, loss.item<double>());
  }

  const bool learned = tg::all(net(x).argmax(1) == y).item<bool>();
  const tg::MemoryStats memory = tg::memory_stats("reference");
  std::printf("exclusive or: %s\n", learned ? "learned" : "not learned");
  std::printf("on \"reference\": %zu blocks in use, %zu bytes; at most %zu bytes at once\n",
              memory.live_blocks, memory.in_use, memory.peak);
  return learned ? 0 : 1;
} catch (const tg::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 2;
}
