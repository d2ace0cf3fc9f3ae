// SPDX-License-Identifier: MIT
// A convolutional network on MNIST. At least 99.3 % of the test digits are read right after 10
// epochs.
#include "mnist/nets.h"
#include "mnist/train.h"

int main(int argc, char** argv) {
  return mnist::run(
      argc, argv, {.common = {.program = "mnist_cnn"}, .shift = 1},
      [](const mnist::Options& o) { return std::make_unique<mnist::Cnn>(o.dropout); });
}
