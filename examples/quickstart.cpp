// SPDX-License-Identifier: MIT
// Trains a network on handwritten digits for one epoch, tests it and saves it.
#include <tinygrad/tinygrad.h>
#include <tinygrad/vision/datasets.h>

#include <iostream>
namespace tg = tinygrad;

struct Net : tg::nn::Module {
  tg::nn::Conv2d conv1 = add("conv1", tg::nn::Conv2d(1, 32, 3, {.padding = 1}));
  tg::nn::Conv2d conv2 = add("conv2", tg::nn::Conv2d(32, 64, 3, {.padding = 1}));
  tg::nn::Dropout drop = add("drop", tg::nn::Dropout(0.5));
  tg::nn::Linear fc = add("fc", tg::nn::Linear(64 * 7 * 7, 10));

  tg::Tensor forward(const tg::Tensor& x) override {  // x [N, 1, 28, 28]
    auto h = tg::max_pool2d(tg::relu(conv1(x)), 2);   // [N, 32, 14, 14]
    h = tg::max_pool2d(tg::relu(conv2(h)), 2);        // [N, 64, 7, 7]
    return fc(drop(tg::flatten(h, 1)));               // [N, 10]
  }
};

int main() {
  tg::manual_seed(42);
  Net net;
  std::cout << to_string(net) << "\n";
  tg::optim::SGD sgd(net.parameters(), {.lr = 0.05, .momentum = 0.9});

  // Uses MNIST if it is in $TINYGRAD_DATA or ./data, otherwise synthetic digits.
  const std::string folder = tg::vision::data_folder("", "mnist");
  const auto train = folder.empty() ? tg::vision::digits(6000, 1)
                                    : tg::vision::mnist(folder, tg::vision::Split::train);
  const auto test = folder.empty() ? tg::vision::digits(1000, 2)
                                   : tg::vision::mnist(folder, tg::vision::Split::test);
  for (auto [x, y] : tg::data::DataLoader(train, {.batch_size = 64, .shuffle = true})) {
    sgd.zero_grad();
    tg::Tensor loss = tg::cross_entropy(net(x), y);
    loss.backward();
    sgd.step();
  }

  net.eval();
  const tg::NoGrad off;
  double right = 0;
  for (auto [x, y] : tg::data::DataLoader(test, {.batch_size = 500}))
    right += (net(x).argmax(1) == y).sum().item<double>();
  std::cout << "test accuracy " << 100 * right / double(test.size()) << " %\n";
  tg::save(net.state_dict(), "mnist.safetensors");
}
