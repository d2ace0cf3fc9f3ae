// SPDX-License-Identifier: MIT
// A multilayer perceptron on MNIST. At least 98.3 % of the test digits are read right after 10
// epochs.
#include "mnist/nets.h"
#include "mnist/train.h"

int main(int argc, char** argv) {
  return mnist::run(
      argc, argv, {.common = {.program = "mnist_mlp"}, .lr = 0.1, .dropout = 0.2},
      [](const mnist::Options& o) { return std::make_unique<mnist::Mlp>(o.dropout); });
}
