// SPDX-License-Identifier: MIT
// Tests the reader with a real model, SmolLM2-135M-Instruct, if scripts/fetch_models.sh has
// downloaded it. make_fixtures.py printed the sum of its elements.
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <filesystem>

#include "tinygrad/gguf/gguf.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

std::string model() {
  const char* const home = std::getenv("HOME");
  return std::string(home ? home : "") + "/.cache/tinygrad/models/SmolLM2-135M-Instruct.Q4_1.gguf";
}

class Model : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(model())) GTEST_SKIP() << "scripts/fetch_models.sh downloads it";
  }
};

TEST_F(Model, elements_are_those_of_the_package) {
  const gguf::File file(model());
  std::uint64_t sum = 0, place = 0;
  for (auto& info : file.tensors()) {
    const Tensor tensor = file.tensor(info.name, {.device = "cpu"});
    for (const float value : tensor.span<float>())
      sum += std::bit_cast<std::uint32_t>(value) * ++place;
  }
  EXPECT_EQ(file.tensors().size(), 272u);
  EXPECT_EQ(place, 134515008u);
  EXPECT_EQ(sum, 13541648126105515392u);
}

TEST_F(Model, metadata) {
  const gguf::File file(model());  // maps the file and reads its metadata
  const auto layers = file.get<int>("llama.block_count");
  const auto tokens = file.get<std::vector<std::string>>("tokenizer.ggml.tokens");
  const auto bias = file.get<bool>("llama.attention.bias", false);  // if the key is missing: false
  const Tensor norm = file.tensor("output_norm.weight");

  EXPECT_EQ(file.metadata().size(), 33u);
  EXPECT_EQ(layers, 30);
  EXPECT_EQ(tokens.size(), 49152u);
  EXPECT_FALSE(bias);
  EXPECT_EQ(norm.shape(), Shape(576));
  EXPECT_FLOAT_EQ(file.get<float>("llama.rope.freq_base"), 1e5f);
  EXPECT_EQ(file.get<std::vector<std::string>>("tokenizer.ggml.merges").size(), 48900u);
  EXPECT_EQ(file.get<std::vector<int>>("tokenizer.ggml.token_type").size(), 49152u);
  EXPECT_NE(file.get<std::string>("tokenizer.chat_template").find("<|im_start|>"),
            std::string::npos);
}

TEST_F(Model, kept_blocks_are_those_that_tensor_decodes) {
  const gguf::File file(model());
  for (const char* name : {"token_embd.weight", "blk.29.ffn_down.weight"}) {
    const Tensor kept = file.matrix(name).dequantize("cpu"),
                 decoded = file.tensor(name, {.device = "cpu"});
    EXPECT_EQ(kept.shape(), decoded.shape());
    EXPECT_TRUE((kept == decoded).all().item<bool>()) << name;
  }
}

}  // namespace
}  // namespace tinygrad
