// The network of mnist_cnn.onnx, printed by tinygrad-onnx.
#pragma once
#include <tinygrad/tinygrad.h>

#include <cmath>

namespace tg = tinygrad;
namespace nn = tinygrad::nn;

/// x [N, 1, 28, 28] -> y [N, 10].
struct Model : nn::Module {
  nn::Conv2d conv1 = add("conv1", nn::Conv2d(1, 32, 3, {.padding = 1}));
  nn::Conv2d conv2 = add("conv2", nn::Conv2d(32, 64, 3, {.padding = 1}));
  nn::Linear fc = add("fc", nn::Linear(3136, 10));

  tg::Tensor forward(const tg::Tensor& x) override {
    const tg::Tensor h1 = tg::relu(conv2(tg::max_pool2d(tg::relu(conv1(x)), 2)));
    return fc(tg::reshape(tg::max_pool2d(h1, 2), {-1, 3136}));
  }
};
