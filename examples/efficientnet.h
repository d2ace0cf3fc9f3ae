// SPDX-License-Identifier: MIT
// EfficientNet-lite0, a classifier of pictures (Tan and Le 2019; "lite": without squeeze and
// excitation, and with ReLU6). The names are those of the file that scripts/fetch_models.sh
// fetches.
#pragma once
#include <tinygrad/tinygrad.h>
#include <tinygrad/vision/transforms.h>

#include <optional>

namespace efficientnet {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;

/// Some blocks of one kind. The first of them has this stride and changes the channels.
struct Stage {
  int blocks, kernel, stride, expansion, in, out;
};
/// Table 1 of the paper, stages 2 to 8. Stage 1 makes 32 channels of a picture, stage 9 makes 1280.
inline constexpr Stage stages[] = {
    {1, 3, 1, 1, 32, 16},  {2, 3, 2, 6, 16, 24},   {2, 5, 2, 6, 24, 40},  {3, 3, 2, 6, 40, 80},
    {3, 5, 1, 6, 80, 112}, {4, 5, 2, 6, 112, 192}, {1, 3, 1, 6, 192, 320}};

/// Zeros around x as TensorFlow's "SAME" has them: one more at the end if their number is odd. The
/// size of x must be a multiple of the stride.
inline tg::Tensor pad_same(const tg::Tensor& x, int kernel, int stride) {
  const int all = kernel - stride, before = all / 2, after = all - before;
  return tg::pad(x, {before, after, before, after});
}

/// TensorFlow's: its eps is larger than PyTorch's.
inline nn::BatchNorm2d norm(int channels) { return nn::BatchNorm2d(channels, {.eps = 1e-3}); }

/// An inverted bottleneck: more channels, a filter in each of them, fewer channels, and x again.
struct Block : nn::Module {
  Block(const Stage& s, int in, int stride)
      : kernel(s.kernel),
        stride(stride),
        wide(in * s.expansion),
        depthwise(
            add("_depthwise_conv",
                nn::Conv2d(wide, wide, kernel, {.stride = stride, .groups = wide, .bias = false}))),
        depthwise_norm(add("_bn1", norm(wide))),
        project(add("_project_conv", nn::Conv2d(wide, s.out, 1, {.bias = false}))),
        project_norm(add("_bn2", norm(s.out))),
        skips(stride == 1 && in == s.out) {
    if (s.expansion == 1) return;
    expand.emplace(add("_expand_conv", nn::Conv2d(in, wide, 1, {.bias = false})));
    expand_norm.emplace(add("_bn0", norm(wide)));
  }
  int kernel, stride, wide;
  std::optional<nn::Conv2d> expand;
  std::optional<nn::BatchNorm2d> expand_norm;
  nn::Conv2d depthwise;
  nn::BatchNorm2d depthwise_norm;
  nn::Conv2d project;
  nn::BatchNorm2d project_norm;
  bool skips;

  tg::Tensor forward(const tg::Tensor& x) override {  // [N, in, H, W] -> [N, out, H/stride, ...]
    tg::Tensor h = expand ? relu6((*expand_norm)((*expand)(x))) : x;
    h = relu6(depthwise_norm(depthwise(pad_same(h, kernel, stride))));
    h = project_norm(project(h));
    return skips ? h + x : h;
  }
};

/// Pictures [N, 3, 224, 224] -> scores of ImageNet's classes [N, 1000].
struct Net : nn::Module {
  Net() {
    for (const Stage& stage : stages)
      for (int i = 0; i < stage.blocks; ++i)
        blocks.push_back(i == 0 ? Block(stage, stage.in, stage.stride)
                                : Block(stage, stage.out, 1));
  }
  nn::Conv2d stem = add("_conv_stem", nn::Conv2d(3, 32, 3, {.stride = 2, .bias = false}));
  nn::BatchNorm2d stem_norm = add("_bn0", norm(32));
  nn::ModuleList<Block> blocks = add("_blocks", nn::ModuleList<Block>());
  nn::Conv2d head = add("_conv_head", nn::Conv2d(320, 1280, 1, {.bias = false}));
  nn::BatchNorm2d head_norm = add("_bn1", norm(1280));
  nn::Linear classes = add("_fc", nn::Linear(1280, 1000));

  tg::Tensor forward(const tg::Tensor& x) override {
    tg::Tensor h = relu6(stem_norm(stem(pad_same(x, 3, 2))));  // [N, 32, 112, 112]
    for (Block& block : blocks) h = block(h);                  // [N, 320, 7, 7]
    h = relu6(head_norm(head(h)));                             // [N, 1280, 7, 7]
    return classes(mean(h, {2, 3}));
  }
};

/// A picture uint8 [3, H, W] as the network expects it, [1, 3, 224, 224]: its square middle, with
/// values (x - 127) / 128.
inline tg::Tensor prepared(const tg::Tensor& picture) {
  const std::int64_t side = std::min(picture.size(1), picture.size(2));
  const auto crop =
      tg::vision::compose({tg::vision::center_crop(side, side), tg::vision::resize(224, 224)});
  return ((crop(picture, 0, 0).to(tg::float32) - 127) / 128).unsqueeze(0);
}

}  // namespace efficientnet
