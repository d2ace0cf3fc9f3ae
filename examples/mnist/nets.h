// SPDX-License-Identifier: MIT
// The two networks of the MNIST programs. x [N, 1, 28, 28] -> [N, 10].
#pragma once
#include <tinygrad/nn.h>
#include <tinygrad/ops.h>

namespace mnist {

/// Two fully connected layers.
struct Mlp : tinygrad::nn::Module {
  explicit Mlp(double p = 0.2) : drop(add("drop", tinygrad::nn::Dropout(p))) {}
  tinygrad::nn::Linear fc1 = add("fc1", tinygrad::nn::Linear(28 * 28, 512));
  tinygrad::nn::Dropout drop;
  tinygrad::nn::Linear fc2 = add("fc2", tinygrad::nn::Linear(512, 10));

  tinygrad::Tensor forward(const tinygrad::Tensor& x) override {
    return fc2(drop(relu(fc1(flatten(x, 1)))));
  }
};

/// Two convolutions, each followed by a pooling that halves the sides, and one fully connected
/// layer.
struct Cnn : tinygrad::nn::Module {
  explicit Cnn(double p = 0.5) : drop(add("drop", tinygrad::nn::Dropout(p))) {}
  tinygrad::nn::Conv2d conv1 = add("conv1", tinygrad::nn::Conv2d(1, 32, 3, {.padding = 1}));
  tinygrad::nn::Conv2d conv2 = add("conv2", tinygrad::nn::Conv2d(32, 64, 3, {.padding = 1}));
  tinygrad::nn::Dropout drop;
  tinygrad::nn::Linear fc = add("fc", tinygrad::nn::Linear(64 * 7 * 7, 10));

  tinygrad::Tensor forward(const tinygrad::Tensor& x) override {
    auto h = max_pool2d(relu(conv1(x)), 2);  // [N, 32, 14, 14]
    h = max_pool2d(relu(conv2(h)), 2);       // [N, 64, 7, 7]
    return fc(drop(flatten(h, 1)));
  }
};

}  // namespace mnist
