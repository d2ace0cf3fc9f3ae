// SPDX-License-Identifier: MIT
// A shortened form of the program in the README, on digits drawn by code: it trains a little,
// saves, loads and compares.
#include <tinygrad/tinygrad.h>
#include <tinygrad/vision/datasets.h>

#include <cstdio>
namespace tg = tinygrad;

struct Net : tg::nn::Module {
  tg::nn::Conv2d conv1 = add("conv1", tg::nn::Conv2d(1, 4, 3, {.padding = 1}));
  tg::nn::Dropout drop = add("drop", tg::nn::Dropout(0.1));
  tg::nn::Linear fc = add("fc", tg::nn::Linear(4 * 14 * 14, 10));

  tg::Tensor forward(const tg::Tensor& x) override {
    auto h = tg::max_pool2d(tg::relu(conv1(x)), 2);
    return fc(drop(tg::flatten(h, 1)));
  }
};

int main() {
  tg::manual_seed(42);
  Net net;
  tg::optim::SGD sgd(net.parameters(), {.lr = 0.05, .momentum = 0.9});
  auto train = tg::vision::digits(256, 1);
  float first = 0, last = 0;
  for (auto [x, y] : tg::data::DataLoader(train, {.batch_size = 64, .shuffle = true})) {
    sgd.zero_grad();
    tg::Tensor loss = tg::cross_entropy(net(x), y);
    loss.backward();
    sgd.step();
    last = loss.item<float>();
    if (first == 0) first = last;
  }
  tg::save(net.state_dict(), "digits.safetensors");
  Net other;
  other.load_state_dict(tg::load("digits.safetensors"));
  try {
    tg::zeros({2, 3}).sum(7);
    return 1;
  } catch (const tg::IndexError& error) {
    std::printf("%s\ntinygrad %s: loss %.3f, then %.3f\n", error.what(), tg::version(), first,
                last);
  }
  return last < first ? 0 : 1;
}
