// SPDX-License-Identifier: MIT
// Looks inside: why a gradient is what it is, which op made the first NaN, and where two devices
// part.
#include <tinygrad/tinygrad.h>
#include <tinygrad/trace/anomaly.h>
#include <tinygrad/trace/compare.h>
#include <tinygrad/trace/explain.h>

#include <iostream>

#include "reference.h"

namespace tg = tinygrad;

// y = b tanh(a x) + c (a x)²: the weight a reaches the loss in three ways.
void explain_a_gradient() {
  const tg::TensorOptions weight = {.dtype = tg::float64, .requires_grad = true};
  const tg::Tensor a = tg::tensor(0.5, weight), b = tg::tensor(-1.5, weight),
                   c = tg::tensor(0.75, weight);
  const double x = 2, target = 1;
  const auto loss = [&] {
    const tg::Tensor h = a * x;
    return square(b * tanh(h) + c * (h * h) - target);
  };
  std::cout << tg::explain(loss, a, {}, {.paths = 2, .name = "a"}) << "\n";
}

// The logarithm of what relu made 0.
struct Net : tg::nn::Module {
  tg::nn::Linear fc = add("fc", tg::nn::Linear(2, 3));
  tg::Tensor forward(const tg::Tensor& x) override { return log(relu(fc(x))); }
};
void find_the_first_nan() {
  Net net;
  {
    const tg::NoGrad off;
    net.fc.weight.fill_(0.5), net.fc.bias.fill_(-1);
  }
  try {
    const tg::DetectAnomaly detect;
    tg::mean(net(tg::tensor({{1.f, 0.5f}, {2.f, 1.f}}))).backward();
  } catch (const tg::Error& e) { std::cout << e.what() << "\n\n"; }
}

// A backend that is being written: its table of functions has sin where tanh belongs.
struct NewBackend : reference::Reference {
  using Reference::Reference;
  void unary(tg::Unary op, tg::Params p, const tg::View& x, const tg::View& out) override {
    Reference::unary(op == tg::Unary::tanh ? tg::Unary::sin : op, p, x, out);
  }
};
void compare_two_backends() {
  tg::register_backend(std::make_unique<NewBackend>("new"));
  tg::nn::Sequential net(tg::nn::Linear(4, 8), tg::nn::Tanh(), tg::nn::Linear(8, 2));
  {
    const tg::NoGrad off;
    for (tg::Tensor p : net.parameters()) p.fill_(0.25);
  }
  const tg::Tensor x = tg::reshape(tg::arange(12), {3, 4}).to(tg::float32) / 16;
  std::cout << tg::compare_backends(net, x, "cpu", "new");
}

int main() {
  explain_a_gradient();
  find_the_first_nan();
  compare_two_backends();
}
