// SPDX-License-Identifier: MIT
// Defines a GPT (Radford et al. 2019) for measurements, with the library's layers and ops: those
// that bench_rows_torch.py uses. The other large network of bench_rows is models::ResNet18.
#pragma once
#include <tinygrad/nn.h>
#include <tinygrad/ops.h>

#include <cmath>
#include <limits>

namespace bench {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;

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
