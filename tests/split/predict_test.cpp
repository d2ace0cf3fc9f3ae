// SPDX-License-Identifier: MIT
// Tests the simulator of tg-split: times, traffic and memory against cases computed by hand, the
// interleaved schedule, the search against a loop over all divisions, and a paper's table.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "../../tools/split/paper.h"

namespace tinygrad::simulator {
namespace {

/// Layers that take a second forwards and two backwards for any micro-batch, on links that cost
/// nothing unless a test says so.
Model equal_layers(int count) {
  Model model;
  model.name = "equal";
  model.heads = 4;
  model.bytes_per_parameter = 1;
  model.update = {};
  model.layers = [count](int b, int t) {
    Layer layer{"layer"};
    layer.parameters = 100. / t;
    layer.forward = {{0, 0, 1}};
    layer.backward = {{0, 0, 2}};
    layer.saved_bytes = 10. * b;
    layer.output_bytes = 8. * b;
    layer.repeat = count;
    return std::vector<Layer>{layer};
  };
  return model;
}
Cluster free_links(int devices) {
  Cluster c;
  c.devices = devices;
  c.link_bytes_per_second = c.network_bytes_per_second = 1e300;
  c.latency_seconds = 0;
  return c;
}

TEST(split, bubble_of_equal_stages_is_p_minus_1_of_m) {
  for (const auto kind : {distributed::ScheduleKind::gpipe, distributed::ScheduleKind::one_f_one_b})
    for (int p : {1, 2, 4, 8})
      for (int m : {1, 3, 8, 16}) {
        const auto x = predict(equal_layers(8), free_links(p), {m, kind}, {1, 1, p, 1});
        EXPECT_NEAR(x.bubble, double(p - 1) / m, 1e-12) << p << " stages, " << m;
        EXPECT_NEAR(x.seconds, (m + p - 1) * 3. * 8 / p, 1e-9);
      }
}

TEST(split, interleaving_divides_the_bubble) {
  for (int v : {1, 2, 4}) {
    const auto x = predict(equal_layers(16), free_links(4), {16}, {1, 1, 4, 1, v});
    EXPECT_NEAR(x.bubble, 3. / 16 / v, 1e-12) << v;
  }
}

TEST(split, interleaved_passes_are_each_there_once_and_backward_after_forward) {
  const Timeline all = passes({}, {1, 1, 4, 1, 3}, 8);
  for (const auto& row : all) {
    std::set<std::pair<int, int>> forward, backward;
    for (const Pass& pass : row) {
      const std::pair key{pass.micro_batch, pass.chunk};
      if (pass.kind == Pass::Kind::forward) EXPECT_TRUE(forward.insert(key).second);
      else EXPECT_TRUE(forward.contains(key) && backward.insert(key).second);
    }
    EXPECT_EQ(forward.size(), 24u);
    EXPECT_EQ(backward.size(), 24u);
  }
}

/// GPipe keeps the activations of all micro-batches, stage s of 1F1B those of p - s.
TEST(split, memory_by_hand) {
  const auto memory = [](distributed::ScheduleKind kind, int m) {
    return predict(equal_layers(8), free_links(4), {m, kind}, {1, 1, 4, 1}).memory;
  };
  const double weights = 2 * 100, layers = 2 * 10;
  EXPECT_EQ(memory(distributed::ScheduleKind::gpipe, 8), weights + 8 * layers);
  EXPECT_EQ(memory(distributed::ScheduleKind::one_f_one_b, 8), weights + 4 * layers);
  EXPECT_EQ(memory(distributed::ScheduleKind::one_f_one_b, 2), weights + 2 * layers);
}

TEST(split, memory_falls_with_each_kind_of_division_of_the_model) {
  const Model model = transformer({.layers = 16, .hidden = 1024, .heads = 16});
  const auto memory = [&](int t, int p, int b) {
    Cluster c;
    c.devices = t * p;
    return predict(model, c, {16}, {1, t, p, b}).memory;
  };
  for (int k : {1, 2, 4}) {
    EXPECT_GT(memory(k, 1, 1), memory(2 * k, 1, 1));
    EXPECT_GT(memory(1, k, 1), memory(1, 2 * k, 1));
    EXPECT_LT(memory(1, 1, k), memory(1, 1, 2 * k));
  }
}

TEST(split, all_reduce_by_hand) {
  Cluster c;
  c.devices_per_node = 8;
  c.link_bytes_per_second = 100;
  c.network_bytes_per_second = 10;
  c.latency_seconds = 0.5;
  EXPECT_EQ(all_reduce_bytes(800, 4), 2. * 3 / 4 * 800);
  EXPECT_EQ(all_reduce_seconds(800, {1, 1}, c), 0);
  EXPECT_DOUBLE_EQ(all_reduce_seconds(800, {4, 1}, c), 1200. / 100 + 2 * 2 * 0.5);
  EXPECT_DOUBLE_EQ(all_reduce_seconds(800, {4, 8}, c), 1200. / 10 + 2);   // one adapter
  EXPECT_DOUBLE_EQ(all_reduce_seconds(800, {16, 2}, c), 1500. / 40 + 4);  // four rings
  EXPECT_DOUBLE_EQ(all_reduce_seconds(800, {16, 1}, c), 1500. / 80 + 4);
  EXPECT_DOUBLE_EQ(send_seconds(80, 4, false, c), 20. / 10 + 60. / 100 + 0.5);
}

TEST(split, traffic_by_formula) {
  const double s = 128, h = 64, layers = 4, b = 2, m = 3, d = 2, t = 4;
  const Transformer shape{.layers = 4,
                          .hidden = 64,
                          .heads = 4,
                          .sequence = 128,
                          .vocabulary = 256,
                          .recompute = false};
  Cluster c;
  c.devices = int(d * t);
  const auto x = predict(transformer(shape), c, {int(d * b * m)}, {2, 4, 1, 2});
  // 8 b s h (t - 1) / t elements a layer (Narayanan et al. 2021, section 3.2), one sum for the
  // embedding and one for the logits; two bytes each.
  const double sums = 8 * b * s * h * (t - 1) / t;
  EXPECT_DOUBLE_EQ(x.traffic.tensor, m * 2 * (layers * sums + sums / 2));
  const double parameters = (layers * (12 * h * h + 13 * h)) / t + (256 / t + s) * h;
  EXPECT_DOUBLE_EQ(x.traffic.data, 2 * (d - 1) / d * 2 * parameters);
  EXPECT_EQ(x.traffic.pipeline, 0);
}

TEST(split, messages_between_stages_by_hand) {
  Cluster c = free_links(2);
  c.link_bytes_per_second = 16;
  const auto x = predict(equal_layers(2), c, {2}, {1, 1, 2, 1});
  // Stage 0 sends two activations of 8 bytes, stage 1 two gradients; each takes half a second.
  EXPECT_EQ(x.traffic.pipeline, 2 * 8);
  EXPECT_DOUBLE_EQ(x.seconds, 1.5 + (1 + 2.5) * 2 + 2);
}

/// Narayanan et al. 2021, section 5.1: 96 B s l h² (1 + s / 6h + V / 16lh).
TEST(split, operations_are_those_of_the_papers_formula) {
  const Transformer x;
  const double B = 512, s = x.sequence, l = x.layers, h = x.hidden, V = x.vocabulary;
  const double formula = 96 * B * s * l * h * h * (1 + s / (6 * h) + V / (16 * l * h));
  EXPECT_NEAR(flops_of(transformer(x), B) / formula, 1, 1e-12);
  const double parameters = 12 * l * h * h * (1 + 13 / (12 * h) + (V + s) / (12 * l * h));
  EXPECT_NEAR(parameters_of(transformer(x)) / parameters, 1, 1e-12);
}

TEST(split, layers_of_different_cost_are_divided_as_well_as_can_be) {
  const double seconds[] = {5, 1, 1, 4, 3, 2, 2};
  Model model = equal_layers(1);
  model.layers = [&](int, int) {
    std::vector<Layer> all;
    for (const double s : seconds) {
      all.push_back({std::to_string(all.size())});
      all.back().forward = {{0, 0, s}};
    }
    return all;
  };
  const auto x = predict(model, free_links(3), {1000}, {1, 1, 3, 1});
  ASSERT_EQ(x.first_layers.size(), 3u);
  EXPECT_EQ(x.first_layers[0], "0");
  EXPECT_EQ(x.first_layers[2], "4");  // 3 + 2 + 2; before it 5 and 1 + 1 + 4, or 5 + 1 and 1 + 4
  EXPECT_NEAR(x.seconds, 1000 * 7, 20);
}

TEST(split, search_finds_the_best_of_all_divisions) {
  const Model model = transformer({.layers = 8, .hidden = 2048, .heads = 16});
  Cluster c;
  c.devices = 16;
  const Job job{32};
  double best = 1e300;
  std::size_t count = 0;
  for (int t = 1; t <= 16; ++t)
    for (int p = 1; p <= 16; ++p)
      for (int b = 1; b <= 32; ++b)
        for (int v = 1; v <= 8; ++v) {
          if (16 % (t * p) != 0) continue;
          try {
            const auto x = predict(model, c, job, {16 / t / p, t, p, b, v});
            if (x.fits) best = std::min(best, x.seconds), ++count;
          } catch (const ArgumentError&) {}  // cannot be divided so
        }
  const auto all = search(model, c, job);
  EXPECT_EQ(all.size(), count);
  EXPECT_EQ(all.front().seconds, best);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Prediction::seconds));
}

/// Narayanan et al. 2021, figure 13: of the divisions of 64 devices for 162 billion parameters,
/// tensor parts within a node and stages across nodes are fastest.
TEST(split, tensor_within_a_node_and_pipeline_across) {
  const Model model = transformer({.layers = 32, .hidden = 20480, .heads = 128});
  Cluster c;
  c.devices = 64;
  std::map<int, double> seconds;
  for (int t : {2, 4, 8, 16, 32})
    seconds[t] = search(model, c, {32}, {.data = 1, .tensor = t, .micro_batch = 1, .chunks = 1})
                     .front()
                     .seconds;
  for (int t : {2, 4, 16, 32}) EXPECT_LT(seconds[8], seconds[t]) << t;
  EXPECT_GT(seconds[32], 1.2 * seconds[8]);
}

TEST(split, table_of_narayanan_2021) {
  const auto runs = read_runs(TINYGRAD_SOURCE_DIR "/tests/split/megatron.csv", {}, {});
  ASSERT_EQ(runs.size(), 10u);
  const Deviation all = deviation(errors(runs, {}));
  EXPECT_LT(all.most, 0.05);  // the issue asks for 7 % and 4 %
  EXPECT_LT(all.mean, 0.02);
  EXPECT_LT(best_single_rate(runs).deviation.most, 0.10);
  for (const Ablation& x : ablations(runs, {}))
    EXPECT_GE(x.deviation.root_mean_square, all.root_mean_square - 1e-4) << x.name;
}

TEST(split, thousands_of_devices_take_seconds) {
  const auto start = std::chrono::steady_clock::now();
  Cluster c;
  c.devices = 4096;
  const auto all = search(transformer({.layers = 128, .hidden = 25600, .heads = 160}), c, {4096});
  EXPECT_EQ(all.front().division.tensor, 8);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));  // alone 1 s
}

}  // namespace
}  // namespace tinygrad::simulator
