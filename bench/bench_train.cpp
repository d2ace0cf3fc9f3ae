// SPDX-License-Identifier: MIT
// Times training steps of the two MNIST networks on random images: one half of bench/compare.
// Prints samples per second.
//   bench_train mlp|cnn STEPS THREADS [DEVICE]
#include <tinygrad/tinygrad.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "mnist/nets.h"

namespace tg = tinygrad;

int main(int argc, char** argv) try {
  const std::string name = argc > 1 ? argv[1] : "mlp";
  const int steps = argc > 2 ? std::atoi(argv[2]) : 100;
  tg::require((name == "mlp" || name == "cnn") && steps > 0, "bench_train",
              "takes mlp or cnn, a number of steps, of threads, and a device");
  if (argc > 3) tg::set_num_threads(std::atoi(argv[3]));
  if (argc > 4) tg::set_default_device(argv[4]);
  constexpr int batch = 64;
  tg::manual_seed(1);
  std::unique_ptr<tg::nn::Module> net;
  if (name == "mlp") net = std::make_unique<mnist::Mlp>();
  else net = std::make_unique<mnist::Cnn>();
  tg::optim::SGD sgd(net->parameters(), {.lr = 0.01, .momentum = 0.9});
  const tg::Tensor x = tg::rand({batch, 1, 28, 28}), y = tg::randint(0, 10, {batch});
  auto step = [&] {
    sgd.zero_grad();
    tg::Tensor loss = tg::cross_entropy((*net)(x), y);
    loss.backward();
    sgd.step();
  };
  for (int i = 0; i < steps / 10 + 3; ++i) step();  // memory and caches warm
  tg::synchronize();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < steps; ++i) step();
  tg::synchronize();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%.1f\n", batch * steps / seconds);
} catch (const tg::Error& e) { return std::fprintf(stderr, "%s\n", e.what()), 2; }
