// SPDX-License-Identifier: MIT
// Trains the MLP of examples/mnist_mlp on digits drawn by code, twice, and compares the losses with
// those of a file: native programs and WebAssembly compute the same to rounding, and each the same
// bits again.
//   training FILE            compares; prints the samples trained in a second
//   training FILE --write    writes the file
#include <tinygrad/nn.h>
#include <tinygrad/optim.h>
#include <tinygrad/vision/datasets.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "mnist/nets.h"

namespace {

namespace tg = tinygrad;

constexpr int steps = 60, batch = 64;

std::vector<double> losses(const tg::data::Dataset& data) {
  tg::manual_seed(1);
  mnist::Mlp net(0.2);
  tg::optim::SGD sgd(net.parameters(), {.lr = 0.05, .momentum = 0.9, .nesterov = true});
  std::vector<double> all;
  for (int i = 0; i < steps; ++i) {
    const tg::Tensor x = data.x.narrow(0, i * batch, batch), y = data.y.narrow(0, i * batch, batch);
    sgd.zero_grad();
    const tg::Tensor loss = cross_entropy(net(x), y);
    loss.backward();
    sgd.step();
    all.push_back(loss.item<double>());
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: training FILE [--write]\n"), 2;
  tg::set_num_threads(1);
  const auto data = tg::vision::digits(steps * batch, 1);
  losses(data);  // allocates what the timed run uses again
  const auto began = std::chrono::steady_clock::now();
  const std::vector<double> now = losses(data);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (argc > 2) {
    std::ofstream file(argv[1]);
    file.precision(9);
    for (double loss : now) file << loss << '\n';
    return 0;
  }
  std::ifstream file(argv[1]);
  double expected = 0, apart = 0;
  for (double loss : now) {
    if (!(file >> expected)) return std::fprintf(stderr, "%s is too short\n", argv[1]), 1;
    apart = std::max(apart, std::abs(loss - expected) / expected);
  }
  const bool same_bits = losses(data) == now;
  std::printf("losses %.6f ... %.6f, apart by %.1e, the second time %s; %.0f samples/s\n", now[0],
              now.back(), apart, same_bits ? "the same bits" : "others",
              steps * batch / took.count());
  // Rounding of float32, 6e-8, grows in 60 steps; a wrong digit of an input changes a loss by 1e-3.
  return same_bits && apart < 5e-6 ? 0 : 1;
}
