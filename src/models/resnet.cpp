// SPDX-License-Identifier: MIT
// The convolutional network ResNet-18.
#include "tinygrad/models/resnet.h"

#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

nn::Conv2d conv(int in, int out, int size, int stride) {
  return nn::Conv2d(in, out, size, {.stride = stride, .padding = size / 2, .bias = false});
}
nn::Sequential stage(int in, int out, int stride) {
  return nn::Sequential(ResidualBlock(in, out, stride), ResidualBlock(out, out, 1));
}

}  // namespace

ResidualBlock::ResidualBlock(int in, int out, int stride)
    : conv1(add("conv1", conv(in, out, 3, stride))),
      bn1(add("bn1", nn::BatchNorm2d(out))),
      conv2(add("conv2", conv(out, out, 3, 1))),
      bn2(add("bn2", nn::BatchNorm2d(out))) {
  if (stride != 1 || in != out)
    downsample.emplace(
        add("downsample", nn::Sequential(conv(in, out, 1, stride), nn::BatchNorm2d(out))));
}
Tensor ResidualBlock::forward(const Tensor& x) {
  const Tensor y = bn2(conv2(relu(bn1(conv1(x)))));
  return relu(y + (downsample ? (*downsample)(x) : x));
}

ResNet18::ResNet18(int num_classes)
    : conv1(add("conv1", conv(3, 64, 7, 2))),
      bn1(add("bn1", nn::BatchNorm2d(64))),
      layer1(add("layer1", stage(64, 64, 1))),
      layer2(add("layer2", stage(64, 128, 2))),
      layer3(add("layer3", stage(128, 256, 2))),
      layer4(add("layer4", stage(256, 512, 2))),
      fc(add("fc", nn::Linear(512, num_classes))) {}
Tensor ResNet18::forward(const Tensor& x) {
  const Tensor h = max_pool2d(relu(bn1(conv1(x))), 3, {.stride = 2, .padding = 1});
  return fc(mean(layer4(layer3(layer2(layer1(h)))), {2, 3}));
}

}  // namespace tinygrad::models
