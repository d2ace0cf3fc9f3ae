// SPDX-License-Identifier: MIT
// Draws the weights of attention: how much each character of a text reads from those before it.
#pragma once
#include <fmt/format.h>
#include <tinygrad/tinygrad.h>

#include <filesystem>
#include <string>
#include <vector>

#include "attention_weights.h"
#include "common/plot.h"

namespace char_gpt {

namespace tg = tinygrad;

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
