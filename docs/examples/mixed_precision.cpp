// SPDX-License-Identifier: MIT
// Trains in mixed precision: products in float16, weights in float32.
#include <tinygrad/tinygrad.h>

#include <iostream>

namespace tg = tinygrad;

int main() {
  tg::manual_seed(1);
  tg::nn::Sequential net(tg::nn::Linear(4, 16), tg::nn::Tanh(), tg::nn::Linear(16, 3));
  tg::optim::SGD sgd(net.parameters(), {.lr = 0.5});
  tg::GradScaler scaler;
  const tg::Tensor x = tg::randn({32, 4}), y = tg::argmax(x.slice(1, 0, 3), 1);

  for (int step = 0; step < 100; ++step) {
    sgd.zero_grad();
    tg::Tensor loss;
    {
      const tg::Autocast autocast(tg::float16);
      const tg::Tensor scores = net(x);
      loss = tg::cross_entropy(scores, y);
      if (step == 0)
        std::cout << "scores " << scores.dtype() << ", loss " << loss.dtype() << ", weights "
                  << net.parameters()[0].dtype() << "\n";
    }
    scaler.scale(loss).backward();
    scaler.unscale_(sgd);
    tg::optim::clip_grad_norm_(sgd.parameters(), 1);
    scaler.step(sgd);
  }
  std::cout << "gradients " << net.parameters()[0].grad().dtype() << "\n"
            << (tg::equal(tg::argmax(net(x), 1), y) ? "all are right" : "some are wrong") << "\n";

  // A product that does not fit into float16 makes infinite gradients: the step is skipped.
  {
    sgd.zero_grad();
    tg::Tensor loss;
    {
      const tg::Autocast autocast(tg::float16);
      loss = net(x * 1e6).mean();
    }
    scaler.scale(loss).backward();
    const double before = scaler.factor();
    const bool is_taken = scaler.step(sgd);
    std::cout << (is_taken ? "taken" : "skipped") << ", factor " << before << " -> "
              << scaler.factor() << "\n";
  }
}
