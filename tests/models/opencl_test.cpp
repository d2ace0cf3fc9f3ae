// SPDX-License-Identifier: MIT
// Tests a small model on OpenCL: it computes what transformers computes.
#include <gtest/gtest.h>

#include "models/fixtures.h"
#include "tinygrad/models/auto.h"
#include "tinygrad/models/generate.h"

namespace tinygrad::models {
namespace {

class OpenCL : public testing::Test {
 protected:
  void SetUp() override {
    if (std::ranges::count(devices(), Device("opencl")) == 0) GTEST_SKIP() << "no OpenCL";
    set_default_device("opencl");
  }
  void TearDown() override { set_default_device("cpu"); }
  const NoGrad off;
};

TEST_F(OpenCL, a_decoder_with_cache_and_sliding_window) {
  const ModelFolder folder(read_json("mistral.json"));
  const auto module = load_pretrained(folder.path);
  CausalLM& model = dynamic_cast<CausalLM&>(*module);
  KvCache cache = model.make_cache(12, 2);
  const Tensor first = model(small_ids().slice(1, 0, 11), &cache),
               last = model(small_ids().slice(1, 11, 12), &cache);
  const Tensor logits = cat({first, last}, 1).to("cpu");
  EXPECT_LT(largest_difference(logits, expected("mistral.logits")), 2e-5);
}

TEST_F(OpenCL, blocks_are_decoded_there) {
  manual_seed(1);
  Llama model({.vocab_size = 40,
               .hidden_size = 32,
               .intermediate_size = 64,
               .num_hidden_layers = 1,
               .num_attention_heads = 4});
  const auto ids = small_ids();
  const Tensor before = model(ids).to("cpu");
  for (const auto& [name, matrix] : model.weight_matrices())
    matrix->blocks = gguf::QuantizedMatrix::quantize(matrix->weight);
  const Tensor after = model(ids).to("cpu");
  EXPECT_LT(largest_difference(after, before), 0.05 * abs(before).max().item<double>());
  KvCache cache = model.make_cache(8);
  EXPECT_EQ(generate(model, cache, {1, 2, 3}, {.max_new_tokens = 4}).size(), 4u);
}

}  // namespace
}  // namespace tinygrad::models
