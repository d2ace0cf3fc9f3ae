// SPDX-License-Identifier: MIT
// Computes a gradient through three nodes by hand and by the library, checks it by a finite
// difference, and makes one step of SGD.
#include <tinygrad/graph.h>
#include <tinygrad/tinygrad.h>

#include <iostream>

namespace tg = tinygrad;

void by_hand(double w, double x, double y) {
  // Forward: L = (w x - y)², one node after another.
  const double p = w * x, e = p - y, L = e * e;
  // Backward: each line is the gradient of the node's result, times the node's own derivative.
  const double de = 2 * e;   // ∂L/∂e
  const double dp = de * 1;  // ∂L/∂p = ∂L/∂e ∂e/∂p
  const double dw = dp * x;  // ∂L/∂w = ∂L/∂p ∂p/∂w
  const double dx = dp * w;  // ∂L/∂x = ∂L/∂p ∂p/∂x
  std::cout << "by hand     p " << p << ", e " << e << ", L " << L << "\n"
            << "            de " << de << ", dp " << dp << ", dw " << dw << ", dx " << dx << "\n";
}

void by_library(const tg::Tensor& w, const tg::Tensor& x) {
  tg::Tensor loss = tg::square(w * x - 4.0);
  for (const tg::GraphNode& node : tg::graph::nodes({loss}))
    if (!node.is_leaf()) std::cout << "node        " << node.name() << "\n";
  loss.backward();
}

int main() {
  by_hand(3, 2, 4);
  tg::Tensor w = tg::tensor(3.0).requires_grad_(), x = tg::tensor(2.0).requires_grad_();
  by_library(w, x);
  std::cout << "backward()  dw " << w.grad().item<float>() << ", dx " << x.grad().item<float>()
            << "\n";

  // The slope between w - h and w + h, which needs no rule at all.
  const auto at = [](double v) { return (v * 2 - 4) * (v * 2 - 4); };
  const double h = 0.001;
  std::cout << "difference  dw " << (at(3 + h) - at(3 - h)) / (2 * h) << "\n";

  // A step against the gradient: w = 3 - 0.1 * 8.
  tg::optim::SGD({w}, {.lr = 0.1}).step();
  std::cout << "a step      w " << w.item<float>() << ", L "
            << tg::square(w * x - 4.0).item<float>() << "\n";

  // A tensor that is used twice gets the sum of both gradients.
  tg::Tensor v = tg::tensor(3.0).requires_grad_();
  (tg::square(v * 2.0 - 4.0) + tg::square(v)).backward();
  std::cout << "used twice  dw " << v.grad().item<float>() << "\n";
}
