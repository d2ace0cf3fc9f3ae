// SPDX-License-Identifier: MIT
// Defines a module with named parameters and a fully connected layer for inputs and outputs of any
// rank.
#include <tinygrad/tinygrad.h>

#include <iostream>

namespace tg = tinygrad;

struct Net : tg::nn::Module {
  tg::nn::Dense dense =
      add("dense", tg::nn::Dense({4, 4}, {2, 2}));  // images to images: its weight is 4-D
  tg::nn::Linear out = add("out", tg::nn::Linear(4, 3));
  tg::Tensor forward(const tg::Tensor& x) override {
    return out(tg::flatten(tg::relu(dense(x)), 1));
  }
};

int main() {
  tg::manual_seed(1);
  Net net;
  for (auto& [name, p] : net.named_parameters())
    std::cout << name << " " << to_string(p.shape()) << "\n";
  std::cout << to_string(net(tg::ones({5, 4, 4})).shape()) << "\n";
  try {
    net(tg::ones({5, 4, 3}));
  } catch (const tg::ShapeError& e) { std::cout << e.op << " in " << e.path << "\n"; }
}
