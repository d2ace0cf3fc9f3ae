// SPDX-License-Identifier: MIT
// Defines a new op with its derivative: swish(x, beta) = x · sigmoid(beta x), in which beta can be
// learned too.
//
// The formula defines the op. The derivative is written with ops, so that it can be differentiated
// again; gradcheck compares the derivatives of both orders with finite differences.
#include <tinygrad/op.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/trace/gradcheck.h>

#include <iostream>

namespace tg = tinygrad;

/// y = x s with s = sigmoid(beta x).   dx = dy (s + beta x s (1 - s)),   dbeta = dy x² s (1 - s),
/// which the backward pass sums to the shape of beta.
tg::Tensor swish(tg::In x, tg::In beta) {
  using namespace tg;
  return apply({.name = "swish",
                .inputs = {x, beta},
                .formula = [](const Tensors& in) { return in[0] * sigmoid(in[1] * in[0]); },
                .keep = {Keep::input(0), Keep::input(1)},
                .derivatives = {[](Dy dy, Saved saved) {
                                  const Tensor x = saved.input(0), beta = saved.input(1),
                                               s = sigmoid(beta * x);
                                  return dy * (s + beta * x * s * (1 - s));
                                },
                                [](Dy dy, Saved saved) {
                                  const Tensor x = saved.input(0), s = sigmoid(saved.input(1) * x);
                                  return dy * square(x) * s * (1 - s);
                                }}});
}

int main() {
  tg::manual_seed(1);
  const tg::TensorOptions leaf{.dtype = tg::float64, .requires_grad = true};
  tg::Tensor x = tg::randn({3, 4}, leaf), beta = tg::full({}, 1.5, leaf);

  const auto result =
      tg::gradcheck([](const tg::Tensors& in) { return swish(in[0], in[1]); }, {x, beta});
  std::cout << "gradcheck, first and second order: " << (result ? "ok" : result.message)
            << ", largest error " << (result.worst < 1e-6 ? "below" : "above") << " 1e-6\n";

  swish(x, beta).sum().backward();
  std::cout << "d/dbeta = " << beta.grad().item<double>() << "\n";
  return result ? 0 : 1;
}
