// SPDX-License-Identifier: MIT
// Defines modules with several inputs and outputs, and calls them.
#include <tinygrad/tinygrad.h>

#include <cmath>
#include <iostream>

namespace tg = tinygrad;

/// Attention of x on a memory: two tensors in, a pair out.
struct Attention : tg::nn::Module {
  tg::nn::Linear query = add("query", tg::nn::Linear(8, 8));
  tg::nn::Linear key = add("key", tg::nn::Linear(8, 8));
  tg::nn::Linear value = add("value", tg::nn::Linear(8, 8));

  struct Output {
    tg::Tensor y, weights;
  };
  Output operator()(tg::In x, tg::In memory) {
    return run(x.location, [&]() -> Output {
      const tg::Tensor scores = matmul(query(*x), transpose(key(*memory), -2, -1));
      const tg::Tensor weights = softmax(scores / std::sqrt(8.), -1);
      return {matmul(weights, value(*memory)), weights};
    });
  }
};

/// A module of such modules is called in the same way; other arguments are not In.
struct Decoder : tg::nn::Module {
  Attention attention = add("attention", Attention());
  tg::nn::Linear out = add("out", tg::nn::Linear(8, 2));

  tg::Tensor operator()(tg::In x, tg::In memory, bool is_last) {
    return run(x.location, [&] {
      const tg::Tensor y = out(attention(*x, *memory).y);
      return is_last ? y.slice(1, -1) : y;
    });
  }
};

int main() {
  tg::manual_seed(1);
  Decoder net;
  const tg::Tensor x = tg::randn({4, 5, 8}), memory = tg::randn({4, 7, 8});
  std::cout << net(x, memory, false).shape() << " " << net(x, memory, true).shape() << "\n";

  net(x, memory, false).square().mean().backward();
  for (auto& [name, p] : net.named_parameters())
    std::cout << name << " " << p.shape() << (p.grad().defined() ? "" : ", no gradient") << "\n";

  try {
    net(x, tg::randn({4, 7, 9}), false);
  } catch (const tg::ShapeError& error) { std::cout << error.op << " in " << error.path << "\n"; }
  std::cout << tg::nn::summary(net, [&] { net(x, memory, false); });
}
