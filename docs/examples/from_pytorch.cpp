// SPDX-License-Identifier: MIT
// Loads the state of a network of PyTorch, which from_pytorch.py wrote, and computes what that
// prints. To be run in the root of the project.
#include <tinygrad/tinygrad.h>

#include <iostream>

namespace tg = tinygrad;
namespace nn = tg::nn;

struct Net : nn::Module {
  nn::Sequential features = add("features", nn::Sequential(nn::Conv2d(1, 4, 3, {.padding = 1}),
                                                           nn::BatchNorm2d(4), nn::ReLU()));
  nn::LSTM rnn = add("rnn", nn::LSTM(4, 3, {.batch_first = true}));
  nn::Linear head = add("head", nn::Linear(3, 2));

  tg::Tensor forward(const tg::Tensor& x) override {
    const tg::Tensor columns = features(x).mean(2).transpose(1, 2);
    return head(std::get<0>(rnn(columns)).select(1, -1));
  }
};

int main() {
  const tg::NamedTensors state = tg::load("docs/examples/from_pytorch.safetensors");
  Net net;
  net.load_state_dict(state);
  net.eval();
  const tg::NoGrad off;
  std::cout << net(tg::arange(60.).reshape(2, 1, 5, 6) / 60) << "\n";

  // Names of another program's modules are renamed on the way.
  tg::NamedTensors renamed;
  for (auto& [name, t] : state)
    if (name.starts_with("features.")) renamed.emplace_back(name.substr(9), t);
  nn::Sequential features(nn::Conv2d(1, 4, 3, {.padding = 1}), nn::BatchNorm2d(4));
  features.load_state_dict(renamed);

  // What does not fit is listed before anything is loaded.
  nn::Sequential other(nn::Conv2d(1, 5, 3, {.bias = false}));
  try {
    other.load_state_dict(renamed);
  } catch (const tg::ArgumentError& e) { std::cout << e.what() << "\n"; }
  const nn::LoadReport report = features.load_state_dict(state, {.strict = false});
  std::cout << report.missing.size() << " missing, " << report.unexpected.size() << " unexpected\n";
}
