// SPDX-License-Identifier: MIT
// Tests a small model on OpenCL: it computes what transformers computes.
#include <gtest/gtest.h>

#include "models/diffusion_fixtures.h"
#include "tinygrad/models/auto.h"
#include "tinygrad/models/generate.h"
#include "tinygrad/models/gpt2.h"
#include "tinygrad/models/lora.h"

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

/// The losses of a few steps, with dropout, whose masks are the same on every device.
std::vector<double> losses_on(const Device& device) {
  const GradMode on(true);
  manual_seed(1);
  GPT2 gpt({.vocab_size = 11,
            .n_positions = 8,
            .n_embd = 16,
            .n_layer = 2,
            .n_head = 2,
            .embd_pdrop = 0.1,
            .resid_pdrop = 0.1});
  gpt.to(device);
  optim::AdamW adam(gpt.parameters(), {.lr = 0.01});
  const Tensor text = tensor({{1, 2, 3, 4, 5, 6, 7, 8, 9}}).to(device);
  std::vector<double> losses;
  for (int i = 0; i < 3; ++i) {
    adam.zero_grad();
    const Tensor loss = cross_entropy(gpt(text.slice(1, 0, 8))[0], text.slice(1, 1, 9)[0]);
    loss.backward();
    adam.step();
    losses.push_back(loss.item<double>());
  }
  return losses;
}

// Sums are added in another order; each step of Adam repeats the difference.
TEST_F(OpenCL, a_gpt_learns_as_on_the_host) {
  const auto there = losses_on("opencl"), here = losses_on("cpu");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(there[i], here[i], 1e-4) << i;
  EXPECT_LT(there[2], there[0] - 0.05);
}

TEST_F(OpenCL, an_adapter_of_peft) {
  const ModelFolder folder(read_json("llama.json"));
  const auto model = load_pretrained(folder.path);
  const Lora lora = load_adapter(*model, fixtures + "lora_llama");
  EXPECT_EQ(lora.parameters()[0].device(), Device("opencl"));
  const auto logits = load_safetensors(fixtures + "lora_llama/logits.safetensors");
  EXPECT_LT(largest_difference((*model)(small_ids().to("opencl")), logits[0].second), 1e-5);
}

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

TEST_F(OpenCL, the_parts_of_stable_diffusion) {
  auto unet = small_model<UNet2DConditionModel>(small_unet);
  auto vae = small_model<AutoencoderKL>(small_vae);
  auto text = small_model<CLIPTextModel>(small_text);
  const auto here = [](const char* name, const Shape& shape) {
    return input(name, shape).to(default_device());
  };
  const Tensor context = here("text", {2, 5, 24}), ids = arange(24).reshape({2, 12}) * 7 % 58;
  EXPECT_LT(difference(unet(here("sample", {2, 4, 8, 8}), tensor({7, 500}), context), "unet"),
            1e-4);
  EXPECT_LT(difference(vae.encode(here("picture", {1, 3, 16, 16})).mean, "vae.mean"), 1e-4);
  EXPECT_LT(difference(vae.decode(here("z", {1, 4, 4, 6})), "vae.decoded"), 1e-4);
  EXPECT_LT(difference(text(ids), "text_encoder"), 1e-4);
}

}  // namespace
}  // namespace tinygrad::models
