// SPDX-License-Identifier: MIT
// An optimizer of your own (lion.h), in a step that is recorded if the device can record: a small
// network learns XOR.
#include <tinygrad/tinygrad.h>

#include <iostream>

#include "lion.h"

namespace tg = tinygrad;

int main() {
  tg::manual_seed(1);
  tg::nn::Sequential net(tg::nn::Linear(2, 16), tg::nn::Tanh(), tg::nn::Linear(16, 2));
  net.to(tg::default_device());
  Lion lion(net.parameters(), {.lr = 0.02, .weight_decay = 0.01});
  tg::optim::CosineAnnealingLR schedule(lion, 100);
  const tg::Tensor x = tg::tensor({{0.f, 0.f}, {0.f, 1.f}, {1.f, 0.f}, {1.f, 1.f}});
  const tg::Tensor y = tg::tensor({0, 1, 1, 0});

  auto step = tg::capture([&] {
    lion.zero_grad();
    const tg::Tensor loss = tg::cross_entropy(net(x), y);
    loss.backward();
    lion.step();
    schedule.step();
    return loss;
  });
  const float first = step().item<float>();
  float last = first;
  for (int i = 1; i < 100; ++i) last = step().item<float>();

  std::cout << "loss " << first << " -> " << last << "\n";
  const bool learned =
      tg::argmax(net(x), 1).to_vector<std::int64_t>() == y.to_vector<std::int64_t>();
  std::cout << (learned ? "XOR is learned\n" : "XOR is not learned\n");
  return learned ? 0 : 1;
}
