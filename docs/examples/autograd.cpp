// SPDX-License-Identifier: MIT
// Computes gradients of first and second order, and checks a derivative.
#include <tinygrad/tinygrad.h>
#include <tinygrad/trace/gradcheck.h>

#include <iostream>

namespace tg = tinygrad;

int main() {
  tg::Tensor w = tg::tensor({{1., -2.}, {0.5, 3.}}).requires_grad_(), x = tg::tensor({{1., 2.}});
  tg::Tensor loss = tg::sum(tg::tanh(tg::matmul(x, w)));
  loss.backward();
  std::cout << w.grad() << "\n";

  // Gradients of gradients: the derivative of t⁴ is 4 t³, and then 12 t².
  tg::Tensor t = tg::tensor(2.0).requires_grad_();
  tg::Tensor first = tg::grad(t * t * t * t, t, {.create_graph = true})[0];
  std::cout << first.item<float>() << " " << tg::grad(first, t)[0].item<float>() << "\n";

  // gradcheck compares a derivative with finite differences, in float64.
  tg::Tensor p = tg::tensor({0.3, 0.7}, {.dtype = tg::float64, .requires_grad = true});
  std::cout << (tg::gradcheck([](const tg::Tensors& in) { return tg::softmax(in[0], 0); }, {p})
                    ? "right"
                    : "wrong")
            << "\n";
}
