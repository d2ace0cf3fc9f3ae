// SPDX-License-Identifier: MIT
// ResNet-18 (He et al. 2015, https://arxiv.org/abs/1512.03385). States have torchvision's names:
// layer1.0.conv1.weight.
#pragma once
#include <optional>

#include "tinygrad/nn/container.h"
#include "tinygrad/nn/conv.h"
#include "tinygrad/nn/linear.h"
#include "tinygrad/nn/norm.h"

namespace tinygrad::models {

/// y = relu(x' + bn2(conv2(relu(bn1(conv1(x)))))), where x' is x, or x brought to y's shape by a
/// 1x1 convolution.
class TINYGRAD_API ResidualBlock : public nn::Module {
 public:
  ResidualBlock(int in, int out, int stride);
  nn::Conv2d conv1;
  nn::BatchNorm2d bn1;
  nn::Conv2d conv2;
  nn::BatchNorm2d bn2;
  std::optional<nn::Sequential> downsample;

 private:
  Tensor forward(const Tensor& x) override;
};

/// x [N, 3, H, W] -> scores [N, num_classes]; with 1000 classes it has 11,689,512 parameters.
class TINYGRAD_API ResNet18 : public nn::Module {
 public:
  explicit ResNet18(int num_classes = 1000);
  nn::Conv2d conv1;
  nn::BatchNorm2d bn1;
  nn::Sequential layer1, layer2, layer3, layer4;
  nn::Linear fc;

 private:
  Tensor forward(const Tensor& x) override;
};

}  // namespace tinygrad::models
