// SPDX-License-Identifier: MIT
// Three steps of training, which are always the same.
#pragma once
#include <cstdio>
#include <string>

#include "tinygrad/tinygrad.h"

namespace tinygrad::test {

/// The losses, one a line, with all their bits.
inline std::string losses_on(const Device& device) {
  manual_seed(1);
  nn::Sequential net(nn::Linear(20, 16), nn::ReLU(), nn::Linear(16, 4));
  net.to(device);
  optim::Adam optimizer(net.parameters(), {.lr = 0.01});
  const Tensor x = rand({6, 20}, {.device = device}),
               target = tensor({0, 1, 2, 3, 0, 1}).to(device);
  std::string lines;
  for (int step = 0; step < 3; ++step) {
    const Tensor loss = cross_entropy(net(x), target);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    char line[64];
    std::snprintf(line, sizeof line, "%a\n", loss.item<double>());
    lines += line;
  }
  return lines;
}

}  // namespace tinygrad::test
