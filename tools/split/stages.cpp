// SPDX-License-Identifier: MIT
// Divides the layers of a model into the parts of a pipeline.
#include "stages.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace tinygrad::simulator {
namespace {

double seconds(const std::vector<Cost>& costs, const Cluster& cluster) {
  double sum = 0;
  for (const Cost& cost : costs) sum += time_of(cost, cluster);
  return sum;
}

/// A layer, once, as a stage of its own.
Stage of_layer(const Layer& layer, const Cluster& cluster, int tensor) {
  const double each = all_reduce_seconds(layer.reduced_bytes, {tensor, 1}, cluster);
  const int reduces = layer.forward_reduces + layer.backward_reduces;
  return {seconds(layer.forward, cluster),
          seconds(layer.backward, cluster),
          layer.forward_reduces * each,
          layer.backward_reduces * each,
          reduces * all_reduce_bytes(layer.reduced_bytes, tensor),
          layer.parameters,
          layer.saved_bytes,
          layer.working_bytes,
          layer.output_bytes,
          {}};
}

/// `count` such layers follow the stage.
void append(Stage& stage, const Stage& layer, double count) {
  stage.forward += count * layer.forward;
  stage.backward += count * layer.backward;
  stage.reduce_forward += count * layer.reduce_forward;
  stage.reduce_backward += count * layer.reduce_backward;
  stage.reduced += count * layer.reduced;
  stage.parameters += count * layer.parameters;
  stage.saved += count * layer.saved;
  stage.working = std::max(stage.working, layer.working);
  stage.output = layer.output;
}

double seconds(const Stage& s) {
  return s.forward + s.backward + s.reduce_forward + s.reduce_backward;
}

/// The first layer of each part, and the end, so that the slowest part is as fast as possible:
/// best(n, k), for the first n layers in k parts, is the least over j of the larger of best(j, k -
/// 1) and the time of layers j to n.
std::vector<std::size_t> cuts(const std::vector<Stage>& layers, std::size_t parts) {
  const std::size_t n = layers.size();
  std::vector<double> sums = {0};
  for (const Stage& layer : layers) sums.push_back(sums.back() + seconds(layer));
  std::vector best(parts + 1, std::vector<double>(n + 1, std::numeric_limits<double>::max()));
  std::vector from(parts + 1, std::vector<std::size_t>(n + 1));
  best[0][0] = 0;
  for (std::size_t k = 1; k <= parts; ++k)
    for (std::size_t end = k; end <= n; ++end)
      for (std::size_t j = k - 1; j < end; ++j)
        if (const double slowest = std::max(best[k - 1][j], sums[end] - sums[j]);
            slowest < best[k][end])
          best[k][end] = slowest, from[k][end] = j;
  std::vector<std::size_t> all = {n};
  for (std::size_t k = parts; k > 0; --k) all.push_back(from[k][all.back()]);
  std::ranges::reverse(all);
  return all;
}

auto repeated(const std::vector<Layer>& layers) {
  return std::ranges::find_if(layers, [](const Layer& layer) { return layer.repeat > 1; });
}

}  // namespace

bool divides(const std::vector<Layer>& layers, int parts) {
  const auto block = repeated(layers);
  return block == layers.end() ? parts <= int(layers.size()) : block->repeat % parts == 0;
}

std::vector<Stage> stages(const Model& model, const Cluster& cluster, const Division& division) {
  const std::vector<Layer> layers = model.layers(division.micro_batch, division.tensor);
  const auto parts = std::size_t(division.pipeline) * std::size_t(division.chunks);
  std::vector<Stage> single;
  for (const Layer& layer : layers) single.push_back(of_layer(layer, cluster, division.tensor));
  std::vector<Stage> all(parts);
  if (const auto block = repeated(layers); block != layers.end()) {
    const auto at = std::size_t(block - layers.begin());
    for (std::size_t i = 0; i < at; ++i) append(all.front(), single[i], 1);
    for (Stage& stage : all) append(stage, single[at], double(block->repeat) / double(parts));
    for (std::size_t i = at + 1; i < single.size(); ++i) append(all.back(), single[i], 1);
    return all;
  }
  const std::vector<std::size_t> at = cuts(single, parts);
  for (std::size_t k = 0; k < parts; ++k) {
    all[k].first = layers[at[k]].name;
    for (std::size_t i = at[k]; i < at[k + 1]; ++i) append(all[k], single[i], 1);
  }
  return all;
}

}  // namespace tinygrad::simulator
