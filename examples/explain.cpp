// SPDX-License-Identifier: MIT
// Explains gradients: of one of the three weights of a small net, by all paths to its loss, and of
// one of the weights of the convolutional network of mnist_cnn, by the largest of its paths.
#include <tinygrad/tinygrad.h>
#include <tinygrad/trace/explain.h>
#include <tinygrad/vision/datasets.h>

#include <iostream>

#include "mnist/nets.h"

namespace tg = tinygrad;

int main() {
  // y = b tanh(a x) + c (a x)²: the weight a reaches the loss in three ways.
  const tg::TensorOptions weight = {.dtype = tg::float64, .requires_grad = true};
  const tg::Tensor a = tg::tensor(0.5, weight), b = tg::tensor(-1.5, weight),
                   c = tg::tensor(0.75, weight);
  const double x = 2, target = 1;
  const auto loss = [&] {
    const tg::Tensor h = a * x;
    return square(b * tanh(h) + c * (h * h) - target);
  };
  std::cout << tg::explain(loss, a, {}, {.name = "a"}) << "\n";

  tg::manual_seed(42);
  mnist::Cnn net;
  net.to(tg::float64);  // so that the difference of two losses is exact
  const tg::data::Dataset image = tg::vision::digits(1, 7);
  const auto loss_of_image = [&] { return cross_entropy(net(image.x.to(tg::float64)), image.y); };
  std::cout << tg::explain(loss_of_image, net.conv1.weight, {5, 0, 1, 1},
                           {.paths = 3, .name = "conv1.weight"});
}
