// SPDX-License-Identifier: MIT
// Computes and draws the weights of attention: how much each character of a text reads from those
// before it.
#pragma once
#include <fmt/format.h>
#include <tinygrad/models/gpt2.h>
#include <tinygrad/tinygrad.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "common/plot.h"

namespace char_gpt {

namespace tg = tinygrad;

/// Of each layer, softmax(q kᵀ / √d) [heads, L, L] for ids [L], where row i sees columns 0 ... i.
/// Attention is these weights times v; the blocks themselves compute it without keeping them.
inline tg::Tensors attention_weights(tg::models::GPT2& model, const tg::Tensor& ids) {
  const tg::NoGrad off;
  const std::int64_t length = ids.size(0), heads = model.options.n_head,
                     d = model.options.n_embd / heads;
  const auto by_heads = [&](const tg::Tensor& x) {
    return x.reshape({length, heads, d}).transpose(0, 1);
  };
  const tg::Tensor is_seen = tril(tg::ones({length, length})).to(ids.device()) > 0;
  auto& gpt = model.transformer;
  tg::Tensor x = gpt.wte(unsqueeze(ids, 0)) + gpt.wpe.weight.slice(0, 0, length);
  tg::Tensors weights;
  for (auto& block : gpt.h) {
    const auto qkv = chunk(block.attn.c_attn(block.ln_1(x)), 3, 2);
    const tg::Tensor q = by_heads(qkv[0]), k = by_heads(qkv[1]);
    const tg::Tensor scores = matmul(q, k.transpose(1, 2)) / std::sqrt(double(d));
    weights.push_back(softmax(where(is_seen, scores, -std::numeric_limits<double>::infinity()), 2));
    x = block(x, nullptr, 0);
  }
  return weights;
}

/// Writes FILE.svg, and FILE.zh.svg with Chinese titles: a map for each head, of which row i says
/// where character i reads.
inline void draw_attention(const tg::Tensors& weights, const std::vector<plot::Text>& characters,
                           const std::string& file) {
  std::vector<plot::Chart> charts;
  for (std::size_t layer = 0; layer < weights.size(); ++layer)
    for (std::int64_t head = 0; head < weights[layer].size(0); ++head) {
      plot::Chart chart{.title = {fmt::format("layer {}, head {}", layer + 1, head + 1),
                                  fmt::format("第 {} 层，第 {} 头", layer + 1, head + 1)}};
      chart.categories = characters;
      for (std::int64_t i = 0; i < std::ssize(characters); ++i)
        chart.map.push_back(weights[layer][head][i].to(tg::float64).to_vector<double>());
      charts.push_back(std::move(chart));
    }
  const std::filesystem::path path(file);
  plot::save(path.parent_path().string(), path.stem().string(), charts, int(weights[0].size(0)));
}

}  // namespace char_gpt
