// SPDX-License-Identifier: MIT
// Tests models of folders: small ones of every architecture compute what transformers computes, at
// once and through a cache, and folders with bad options are refused.
#include "tinygrad/models/auto.h"

#include <gtest/gtest.h>

#include "models/fixtures.h"
#include "tinygrad/models/bert.h"

namespace tinygrad::models {
namespace {

class Decoder : public testing::TestWithParam<const char*> {
 protected:
  const NoGrad off;
  const ModelFolder folder{read_json(GetParam() + std::string(".json"))};
  const std::unique_ptr<nn::Module> module = load_pretrained(folder.path);
  CausalLM& model = dynamic_cast<CausalLM&>(*module);
  const Tensor logits = expected(GetParam() + std::string(".logits"));
};

// Two layers of float32 sums of up to 40 products: differences of some 1e-7 at values of about 1.
TEST_P(Decoder, computes_what_transformers_computes) {
  EXPECT_LT(largest_difference(model(small_ids()), logits), 5e-6);
}

TEST_P(Decoder, computes_the_same_through_a_cache) {
  KvCache cache = model.make_cache(12, 2);
  std::int64_t begin = 0;
  for (const std::int64_t end : {6, 9, 10, 11, 12}) {  // several positions at once, and single ones
    const Tensor part = model(small_ids().slice(1, begin, end), &cache);
    EXPECT_LT(largest_difference(part, logits.slice(1, begin, end)), 5e-6) << end;
    begin = end;
  }
  EXPECT_EQ(cache.length(), 12);
  EXPECT_THROW(model(small_ids().slice(1, 0, 1), &cache), ArgumentError);  // it is full
  cache.truncate(0);
  EXPECT_THROW(model(small_ids().slice(0, 0, 1), &cache), ShapeError);  // of another batch
}

TEST_P(Decoder, goes_on_from_a_truncated_cache) {
  KvCache cache = model.make_cache(12, 2);
  model(small_ids() * 3 % 40, &cache);
  cache.truncate(0);
  model(small_ids().slice(1, 0, 8), &cache);
  model(small_ids().slice(1, 0, 2), &cache);
  cache.truncate(8);
  const Tensor rest = model(small_ids().slice(1, 8, 12), &cache);
  EXPECT_LT(largest_difference(rest, logits.slice(1, 8, 12)), 5e-6);
  EXPECT_THROW(cache.truncate(13), ArgumentError);
}

TEST_P(Decoder, has_the_names_of_transformers) {
  const auto shapes = read_json(GetParam() + std::string(".json"))["shapes"];
  EXPECT_EQ(module->state_dict().size(), shapes.size());
  for (const auto& [name, value] : module->state_dict()) EXPECT_TRUE(shapes.contains(name)) << name;
}

TEST_P(Decoder, refuses_too_many_positions) {
  EXPECT_THROW(model(zeros({1, 33}, {.dtype = int64})), ArgumentError);
  EXPECT_THROW(model(zeros({3}, {.dtype = int64})), ShapeError);
}

INSTANTIATE_TEST_SUITE_P(models, Decoder, testing::Values("llama", "qwen2", "mistral", "gpt2"),
                         [](const auto& each) { return std::string(each.param); });

TEST(Bert, computes_what_transformers_computes) {
  const NoGrad off;
  const ModelFolder folder(read_json("bert.json"));
  const auto module = load_pretrained(folder.path);
  Bert& bert = dynamic_cast<Bert&>(*module);
  const Tensor mask = stack({ones({12}), cat({ones({8}), zeros({4})}, 0)}, 0);
  const Tensor hidden = bert(small_ids(), mask, small_ids() % 2);
  EXPECT_LT(largest_difference(hidden, expected("bert.hidden")), 5e-6);
  EXPECT_LT(largest_difference(bert.pooler(hidden), expected("bert.pooled")), 5e-6);
}

// -------------------------------------------------------------- refusals

/// The message for a folder whose config.json was changed.
std::string refusal(const char* model, const nlohmann::json& changes) {
  auto fixture = read_json(model + std::string(".json"));
  fixture["config"].update(changes);
  const ModelFolder folder(fixture);
  try {
    load_pretrained(folder.path);
  } catch (const IoError& error) { return error.what(); }
  return "";
}

TEST(LoadPretrained, refuses_what_it_does_not_know_by_name) {
  const auto has = [](const std::string& message, const char* part) {
    EXPECT_NE(message.find(part), message.npos) << message;
  };
  has(refusal("llama", {{"architectures", {"BloomForCausalLM"}}}), "\"BloomForCausalLM\"");
  has(refusal("llama", {{"architectures", 3}}), "\"architectures\" has another type");
  has(refusal("llama", {{"hidden_act", "relu"}}), "\"hidden_act\" is \"relu\"");
  has(refusal("llama", {{"rope_scaling", {{"type", "linear"}, {"factor", 2}}}}), "\"linear\"");
  has(refusal("llama", {{"rope_parameters", {{"rope_theta", "x"}}}}), "rope_theta");
  has(refusal("llama", {{"rope_parameters", {{"rope_type", "yarn"}}}}), "\"yarn\"");
  has(refusal("llama", {{"hidden_size", "24"}}), "\"hidden_size\" has another type");
  has(refusal("llama", {{"num_attention_heads", 0}}), "num_attention_heads must be positive");
  has(refusal("llama", {{"num_key_value_heads", 3}}), "3 heads of keys");
  has(refusal("gpt2", {{"activation_function", "relu"}}), "\"relu\"");
  has(refusal("bert", {{"position_embedding_type", "relative_key"}}), "\"relative_key\"");
}

TEST(LoadPretrained, allocates_nothing_that_the_file_does_not_have) {
  for (const char* size : {"vocab_size", "hidden_size", "intermediate_size", "head_dim",
                           "num_hidden_layers", "num_attention_heads"})
    EXPECT_NE(refusal("llama", {{size, 2'000'000'000}}), "") << size;
  for (const char* size : {"vocab_size", "n_positions", "n_embd", "n_inner", "n_layer", "n_head"})
    EXPECT_NE(refusal("gpt2", {{size, 2'000'000'000}}), "") << size;
  for (const char* size :
       {"vocab_size", "hidden_size", "intermediate_size", "type_vocab_size", "num_hidden_layers"})
    EXPECT_NE(refusal("bert", {{size, 2'000'000'000}}), "") << size;
}

TEST(LoadPretrained, refuses_damaged_folders) {
  EXPECT_THROW(load_pretrained("/does/not/exist"), IoError);
  const ModelFolder folder(read_json("llama.json"));
  for (const char* text : {"", "[]", "{\"architectures\": [", "3"}) {
    folder.write("config.json", text);
    EXPECT_THROW(load_pretrained(folder.path), IoError) << text;
  }
  folder.write("config.json", std::string(500'000, '['));
  EXPECT_THROW(load_pretrained(folder.path), IoError);
}

}  // namespace
}  // namespace tinygrad::models
