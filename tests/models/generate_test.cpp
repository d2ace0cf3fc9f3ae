// SPDX-License-Identifier: MIT
// Tests how tokens are drawn, against transformers' probabilities, and how generation ends.
#include "tinygrad/models/generate.h"

#include <gtest/gtest.h>

#include "models/fixtures.h"
#include "tinygrad/models/llama.h"

namespace tinygrad::models {
namespace {

Tensor scores() { return formula_weight("scores", {1, 40})[0] * 20; }

TEST(Sampling, has_the_probabilities_of_transformers) {
  const auto compare = [](const char* name, const SamplingOptions& options) {
    const Tensor p = sampling_probabilities(scores(), options);
    EXPECT_LT(largest_difference(p, expected(std::string("sampling.") + name)), 1e-7) << name;
  };
  compare("t", {.temperature = 0.7});
  compare("k", {.temperature = 1.3, .top_k = 5});
  compare("p", {.top_p = 0.8});
  compare("kp", {.temperature = 2, .top_k = 12, .top_p = 0.9});
}

TEST(Sampling, of_temperature_0_takes_the_best) {
  EXPECT_EQ(sample(scores(), {.temperature = 0}), scores().argmax(0).item<std::int64_t>());
  const Tensor p = sampling_probabilities(scores(), {.temperature = 0});
  EXPECT_EQ(p.max().item<double>(), 1);
  EXPECT_EQ(sample(scores(), {.temperature = 50, .top_k = 1}),
            sample(scores(), {.temperature = 0}));
}

// A frequency of 4000 draws has a deviation of at most 0.008.
TEST(Sampling, draws_with_these_probabilities) {
  manual_seed(1);
  const SamplingOptions options{.temperature = 2, .top_k = 4};
  const auto p = sampling_probabilities(scores(), options).to_vector<double>();
  std::vector<double> drawn(p.size());
  for (int i = 0; i < 4000; ++i) drawn[std::size_t(sample(scores(), options))] += 1 / 4000.;
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(drawn[i], p[i], 0.04) << i;
}

TEST(Sampling, refuses_bad_options) {
  for (const SamplingOptions& options :
       {SamplingOptions{.temperature = -1}, SamplingOptions{.top_k = -1},
        SamplingOptions{.top_p = 0}, SamplingOptions{.top_p = 1.5}})
    EXPECT_THROW(sample(scores(), options), ArgumentError);
  EXPECT_THROW(sampling_probabilities(zeros({2, 3})), ShapeError);
}

// ---------------------------------------------------------------- generate

class Generate : public testing::Test {
 protected:
  Generate() {
    manual_seed(7);
    model.emplace(LlamaOptions{.vocab_size = 20,
                               .hidden_size = 16,
                               .intermediate_size = 32,
                               .num_hidden_layers = 2,
                               .num_attention_heads = 2,
                               .max_position_embeddings = 64});
    for (const Tensor& p : model->parameters()) nn::init::normal_(p.detach(), 0, 0.5);
  }
  std::optional<Llama> model;
};
using Ids = std::vector<std::int64_t>;

/// The best token of each step, without a cache.
Ids greedy(Llama& model, Ids ids, int steps) {
  const NoGrad off;
  const std::size_t begin = ids.size();
  for (int i = 0; i < steps; ++i) {
    const Tensor scores = model(tensor(ids).reshape({1, std::ssize(ids)}))[0];
    ids.push_back(scores[-1].argmax(0).item<std::int64_t>());
  }
  return Ids(ids.begin() + std::ptrdiff_t(begin), ids.end());
}

TEST_F(Generate, takes_the_best_tokens_as_without_a_cache) {
  KvCache cache = model->make_cache(40);
  const Ids expected = greedy(*model, {3, 1, 4}, 12);
  EXPECT_EQ(generate(*model, cache, {3, 1, 4}, {.max_new_tokens = 12}), expected);
  EXPECT_EQ(cache.length(), 3 + 11);  // all but the last token

  Ids all = {3, 1, 4};
  all.insert(all.end(), expected.begin(), expected.end());
  EXPECT_EQ(generate(*model, cache, {all.back()}, {.max_new_tokens = 5}), greedy(*model, all, 5));
}

TEST_F(Generate, ends_at_the_end_of_text_when_asked_and_when_the_cache_is_full) {
  const Ids expected = greedy(*model, {3, 1, 4}, 12);
  KvCache cache = model->make_cache(8);
  EXPECT_EQ(generate(*model, cache, {3, 1, 4}), Ids(expected.begin(), expected.begin() + 6));
  EXPECT_EQ(cache.length(), 8);

  cache.truncate(0);
  Ids seen;
  generate(*model, cache, {3, 1, 4}, {}, [&](std::int64_t token) {
    seen.push_back(token);
    return seen.size() < 2;
  });
  EXPECT_EQ(seen, Ids(expected.begin(), expected.begin() + 2));

  cache.truncate(0);
  model->eos_token_ids = {expected[0]};
  EXPECT_EQ(generate(*model, cache, {3, 1, 4}), Ids{expected[0]});
}

TEST_F(Generate, refuses_ids_that_do_not_fit) {
  KvCache cache = model->make_cache(2);
  EXPECT_THROW(generate(*model, cache, {}), ArgumentError);
  EXPECT_THROW(generate(*model, cache, {1, 2, 3}), ArgumentError);
}

TEST_F(Generate, same_seed_same_tokens) {
  const auto draw = [&](int seed) {
    manual_seed(std::uint64_t(seed));
    KvCache cache = model->make_cache(40);
    return generate(*model, cache, {3}, {.max_new_tokens = 20, .sampling = {.temperature = 2}});
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

TEST(Llama, learns_a_text_and_a_cache_refuses_gradients) {
  manual_seed(1);
  Llama model({.vocab_size = 20,
               .hidden_size = 16,
               .intermediate_size = 32,
               .num_hidden_layers = 2,
               .num_attention_heads = 4,
               .num_key_value_heads = 2,
               .tie_word_embeddings = true});
  const Tensor text = randint(0, 20, {2, 9});
  optim::Adam adam(model.parameters(), {.lr = 0.01});
  float loss = 0;
  for (int i = 0; i < 60; ++i) {
    adam.zero_grad();
    const Tensor scores = model(text.slice(1, 0, 8)).reshape({16, 20}),
                 error = cross_entropy(scores, text.slice(1, 1, 9).reshape({16}));
    error.backward();
    adam.step();
    loss = error.item<float>();
  }
  EXPECT_LT(loss, 0.5);  // it began at log 20 = 3.0
  KvCache cache = model.make_cache(9, 2);
  EXPECT_THROW(model(text, &cache), ArgumentError);
}

}  // namespace
}  // namespace tinygrad::models
