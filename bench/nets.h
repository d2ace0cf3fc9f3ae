// SPDX-License-Identifier: MIT
// Defines two larger networks for measurements, ResNet-18 (He et al. 2015) and a GPT (Radford et
// al. 2019), with the library's layers and ops.
#pragma once
#include <tinygrad/nn.h>
#include <tinygrad/ops.h>

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

namespace bench {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;

// ------------------------------------------------------------ ResNet-18

/// y = relu(x' + bn(conv(relu(bn(conv(x)))))), where x' is x, or x brought to y's shape by a 1x1
/// convolution.
struct ResidualBlock : nn::Module {
  ResidualBlock(int in, int out, int stride)
      : conv1(
            add("conv1", nn::Conv2d(in, out, 3, {.stride = stride, .padding = 1, .bias = false}))),
        bn1(add("bn1", nn::BatchNorm2d(out))),
        conv2(add("conv2", nn::Conv2d(out, out, 3, {.padding = 1, .bias = false}))),
        bn2(add("bn2", nn::BatchNorm2d(out))) {
    if (stride == 1 && in == out) return;
    shortcut.push_back(std::make_unique<nn::Sequential>(
        add("downsample", nn::Sequential(nn::Conv2d(in, out, 1, {.stride = stride, .bias = false}),
                                         nn::BatchNorm2d(out)))));
  }
  nn::Conv2d conv1;
  nn::BatchNorm2d bn1;
  nn::Conv2d conv2;
  nn::BatchNorm2d bn2;
  std::vector<std::unique_ptr<nn::Sequential>> shortcut;  ///< one or none

  tg::Tensor forward(const tg::Tensor& x) override {
    const tg::Tensor y = bn2(conv2(relu(bn1(conv1(x)))));
    return relu(y + (shortcut.empty() ? x : (*shortcut[0])(x)));
  }
};

/// x [N, 3, 224, 224] -> [N, 1000]. 11,689,512 parameters.
struct ResNet18 : nn::Module {
  nn::Conv2d conv1 = add("conv1", nn::Conv2d(3, 64, 7, {.stride = 2, .padding = 3, .bias = false}));
  nn::BatchNorm2d bn1 = add("bn1", nn::BatchNorm2d(64));
  nn::Sequential layer1 =
      add("layer1", nn::Sequential(ResidualBlock(64, 64, 1), ResidualBlock(64, 64, 1)));
  nn::Sequential layer2 =
      add("layer2", nn::Sequential(ResidualBlock(64, 128, 2), ResidualBlock(128, 128, 1)));
  nn::Sequential layer3 =
      add("layer3", nn::Sequential(ResidualBlock(128, 256, 2), ResidualBlock(256, 256, 1)));
  nn::Sequential layer4 =
      add("layer4", nn::Sequential(ResidualBlock(256, 512, 2), ResidualBlock(512, 512, 1)));
  nn::Linear fc = add("fc", nn::Linear(512, 1000));

  tg::Tensor forward(const tg::Tensor& x) override {
    const tg::Tensor h = max_pool2d(relu(bn1(conv1(x))), 3, {.stride = 2, .padding = 1});
    return fc(mean(layer4(layer3(layer2(layer1(h)))), {2, 3}));
  }
};

// ------------------------------------------------------------ GPT

struct GptSizes {
  int layers = 12, heads = 12, width = 768, context = 1024, words = 50304;
};

/// Each position attends to itself and those before it: softmax(q kᵀ / sqrt(d) + mask) v for each
/// head. x [N, T, width].
struct Attention : nn::Module {
  explicit Attention(const GptSizes& s)
      : qkv(add("qkv", nn::Linear(s.width, 3 * s.width))),
        proj(add("proj", nn::Linear(s.width, s.width))),
        mask(add_buffer("mask", later_is_hidden(s.context))),
        heads(s.heads) {}
  nn::Linear qkv, proj;
  nn::Buffer mask;
  int heads;

  tg::Tensor forward(const tg::Tensor& x) override {
    const std::int64_t n = x.size(0), t = x.size(1), width = x.size(2), d = width / heads;
    const auto all = unbind(permute(reshape(qkv(x), {n, t, 3, heads, d}),
                                    {2, 0, 3, 1, 4}));  // three of [N, heads, T, d]
    const tg::Tensor scores =
        matmul(all[0], transpose(all[1], -2, -1)) * (1 / std::sqrt(double(d)));
    const tg::Tensor y =
        matmul(softmax(scores + mask.slice(0, 0, t).slice(1, 0, t).to(scores.dtype()), -1), all[2]);
    return proj(reshape(transpose(y, 1, 2), {n, t, width}));
  }

 private:
  /// [T, T]: 0, and minus infinity if the column comes after the row.
  static tg::Tensor later_is_hidden(int context) {
    const tg::Tensor at = tg::arange(context);
    return where(unsqueeze(at, 0) > unsqueeze(at, 1), -std::numeric_limits<float>::infinity(),
                 tg::zeros({context, context}));
  }
};

struct GptBlock : nn::Module {
  explicit GptBlock(const GptSizes& s)
      : ln1(add("ln1", nn::LayerNorm(s.width))),
        attention(add("attention", Attention(s))),
        ln2(add("ln2", nn::LayerNorm(s.width))),
        up(add("up", nn::Linear(s.width, 4 * s.width))),
        down(add("down", nn::Linear(4 * s.width, s.width))) {}
  nn::LayerNorm ln1;
  Attention attention;
  nn::LayerNorm ln2;
  nn::Linear up, down;

  tg::Tensor forward(const tg::Tensor& x) override {
    const tg::Tensor h = x + attention(ln1(x));
    return h + down(gelu(up(ln2(h))));
  }
};

/// Words int64 [N, T] -> scores of the next word [N, T, words].
struct Gpt : nn::Module {
  explicit Gpt(const GptSizes& s = {})
      : words(add("words", nn::Embedding(s.words, s.width))),
        places(add("places", nn::Embedding(s.context, s.width))),
        blocks(add("blocks", stack_of(s))),
        last(add("last", nn::LayerNorm(s.width))),
        head(add("head", nn::Linear(s.width, s.words, {.bias = false}))),
        place(add_buffer("place", tg::arange(s.context))) {}
  nn::Embedding words, places;
  nn::Sequential blocks;
  nn::LayerNorm last;
  nn::Linear head;
  nn::Buffer place;

  tg::Tensor forward(const tg::Tensor& x) override {
    return head(last(blocks(words(x) + places(place.slice(0, 0, x.size(1))))));
  }

 private:
  static nn::Sequential stack_of(const GptSizes& s) {
    nn::Sequential blocks;
    for (int i = 0; i < s.layers; ++i) blocks.push(GptBlock(s));
    return blocks;
  }
};

}  // namespace bench
