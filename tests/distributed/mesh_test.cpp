// SPDX-License-Identifier: MIT
// All three ways at once: a small language model on a mesh has the losses of one process, over
// several steps of training.
#include "tinygrad/distributed/mesh.h"

#include <cmath>
#include <map>

#include "ranks.h"
#include "tinygrad/distributed/pipeline.h"
#include "tinygrad/distributed/tensor_parallel.h"

namespace tinygrad::distributed {
namespace {

constexpr std::int64_t words = 13, features = 8, length = 4, heads = 4, layers = 3, batch = 8;

/// The layers of a stage. Each layer draws from a stream of its own, so that initial values do not
/// depend on the division. The output layer has the weight of the embedding.
struct Stage : nn::Module {
  Group tensor;
  bool is_first, is_last, sequence_parallel;
  std::optional<VocabParallelEmbedding> table;
  nn::ModuleDict<ParallelTransformerLayer> parts =
      add("parts", nn::ModuleDict<ParallelTransformerLayer>());
  Stage(const Group& pipeline, const Group& tensor_group, bool is_sequence_parallel)
      : tensor(tensor_group),
        is_first(pipeline.rank() == 0),
        is_last(pipeline.rank() + 1 == pipeline.size()),
        sequence_parallel(is_sequence_parallel) {
    const std::optional<int> dim = sequence_parallel ? std::optional(1) : std::nullopt;
    if (is_first || is_last) {
      const ThreadStream stream({1, 0});
      table.emplace(
          add("table", VocabParallelEmbedding(words, features, {.sequence_dim = dim}, tensor)));
    }
    for (std::int64_t i = pipeline.rank() * layers / pipeline.size();
         i < (pipeline.rank() + 1) * layers / pipeline.size(); ++i) {
      const ThreadStream stream({2 + std::uint64_t(i), 0});
      parts.insert(std::to_string(i),
                   ParallelTransformerLayer(features, heads,
                                            {.dim_feedforward = 16,
                                             .activation = gelu,
                                             .is_causal = true,
                                             .sequence_parallel = sequence_parallel},
                                            tensor));
    }
    to(float64);
  }
  Tensor forward(const Tensor& x) override {
    Tensor h = is_first ? (*table)(x) : x;
    for (auto& [name, part] : parts) h = part(h);
    return is_last ? table->logits(h) : h;
  }
};

/// The losses of three steps, of the global batch, the norms of their gradients, and the whole
/// state after them.
struct Result {
  std::vector<double> losses, norms;
  NamedTensors state;
};
Result trained(const MeshSizes& sizes, bool sequence_parallel, const Group& g) {
  const Mesh mesh(sizes, g);
  Stage stage(mesh.pipeline, mesh.tensor, sequence_parallel);
  DataParallel parallel(stage, {}, mesh.data);
  PipelineOptions options = {.micro_batches = 2};
  if (stage.table) options.tied = {stage.table->weight};
  Pipeline pipeline(stage, options, mesh.pipeline);
  optim::AdamW optimizer(stage.parameters(), {.lr = 0.01});
  std::vector<double> losses, norms;
  for (int step = 0; step < 3; ++step) {
    const ThreadStream stream({90 + std::uint64_t(step), 0});
    const Tensor tokens = randint(0, words, {batch, length + 1});
    const std::int64_t size = batch / sizes.data;
    const Tensor rows = narrow(tokens, 0, mesh.data.rank() * size, size);
    optimizer.zero_grad();
    {
      const auto later = parallel.no_sync();
      const double loss = pipeline.step(narrow(rows, 1, 0, length), narrow(rows, 1, 1, length),
                                        [&](const Tensor& logits, const Tensor& labels) {
                                          return vocab_parallel_cross_entropy(logits, labels, words,
                                                                              {}, mesh.tensor);
                                        });
      losses.push_back(
          all_reduce(full({}, loss, {.dtype = float64}), Reduce::mean, mesh.data).item<double>());
    }
    parallel.step_ready();
    pipeline.sum_tied_gradients();
    const double own = optim::clip_grad_norm_(stage.parameters(), INFINITY).item<double>();
    norms.push_back(clip_grad_norm_(stage, 0.5, mesh, options.tied));
    if (g.size() == 1) { EXPECT_NEAR(norms.back(), own, 1e-12); }
    optimizer.step();
  }
  const NamedTensors state = full_state_dict(stage, mesh.pipeline);
  Stage loaded(mesh.pipeline, mesh.tensor, sequence_parallel);
  EXPECT_TRUE(load_full_state_dict(loaded, state, {.strict = false}).missing.empty());
  const NamedTensors own = stage.state_dict(), again = loaded.state_dict();
  for (std::size_t i = 0; i < own.size(); ++i)
    EXPECT_TRUE(equal(again[i].second, own[i].second)) << own[i].first;
  return {losses, norms, state};
}

void expect_losses_of_one(const MeshSizes& sizes, bool sequence_parallel, const Group& g) {
  static const Result one = trained({}, false, Group());
  EXPECT_GT(std::abs(one.losses[0] - one.losses[2]), 0.01);  // it trains
  const Result own = trained(sizes, sequence_parallel, g);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(own.losses[i], one.losses[i], 1e-11) << i;
    EXPECT_NEAR(own.norms[i], one.norms[i], 1e-10) << i;
    EXPECT_GT(one.norms[i], 0.5);  // it clips
  }
  ASSERT_EQ(own.state.size(), one.state.size());
  const std::map<std::string, Tensor> expected(one.state.begin(), one.state.end());
  for (auto& [name, t] : own.state) {
    ASSERT_EQ(expected.count(name), 1u) << name;
    EXPECT_LE(max(abs(t - expected.at(name))).item<double>(), 1e-10) << name;
  }
}

TEST(mesh, groups_are_those_of_megatron) {
  on_ranks([](const Group& g) {
    const Mesh mesh({.data = g.size() == 4 ? 2 : 1, .tensor = g.size() == 4 ? 2 : g.size()}, g);
    EXPECT_EQ(mesh.tensor.rank(), g.size() == 4 ? g.rank() % 2 : g.rank());
    EXPECT_EQ(mesh.data.rank(), g.size() == 4 ? g.rank() / 2 : 0);
    EXPECT_EQ(mesh.pipeline.size(), 1);
    EXPECT_THROW(Mesh({.data = g.size() + 1}, g), ArgumentError);
  });
}

constexpr MeshSizes cube{.data = 2, .pipeline = 2, .tensor = 2};

TEST(mesh, two_by_two_by_two_has_the_losses_of_one_process) {
  if (init().size() > 1) GTEST_SKIP() << "is for threads";
  run_threads(8, [](const Group& g) {
    expect_losses_of_one(cube, false, g);
    expect_losses_of_one(cube, true, g);
  });
}

TEST(mesh, smaller_meshes_have_the_losses_of_one_process) {
  on_ranks([](const Group& g) {
    const int n = g.size();
    if (n == 8) return expect_losses_of_one(cube, true, g);
    if (n == 3) return expect_losses_of_one({.pipeline = 3}, false, g);
    expect_losses_of_one({.data = 2, .pipeline = n / 2}, false, g);
    expect_losses_of_one({.pipeline = 2, .tensor = n / 2}, true, g);
  });
}

}  // namespace
}  // namespace tinygrad::distributed
