// SPDX-License-Identifier: MIT
// Tests GPT-2 in training: where its weights begin, that it learns, that no position sees a later
// one, what dropout does, and the weights of attention that examples/char_gpt draws.
#include "tinygrad/models/gpt2.h"

#include <gtest/gtest.h>

#include "../../examples/attention_weights.h"
#include "models/fixtures.h"

namespace tinygrad::models {
namespace {

constexpr GPT2Options small{
    .vocab_size = 11, .n_positions = 8, .n_embd = 16, .n_layer = 2, .n_head = 2};

/// The mean loss of the network's guesses at what follows.
Tensor loss_of(GPT2& gpt, const Tensor& text) {
  const std::int64_t last = text.size(1) - 1;
  return cross_entropy(flatten(gpt(text.slice(1, 0, last)), 0, 1),
                       flatten(text.slice(1, 1, last + 1)));
}

TEST(GPT2, learns_its_text) {
  manual_seed(1);
  GPT2 gpt(small);
  std::int64_t parameters = 0;
  for (const Tensor& p : gpt.parameters()) parameters += p.numel();
  // both tables; a block: two norms, c_attn, c_proj, c_fc, c_proj; the last norm
  EXPECT_EQ(parameters,
            11 * 16 + 8 * 16 +
                2 * (2 * 32 + 16 * 48 + 48 + 16 * 16 + 16 + 16 * 64 + 64 + 64 * 16 + 16) + 32);
  const Tensor text = randint(0, 11, {2, 9});
  optim::Adam adam(gpt.parameters(), {.lr = 0.003});
  std::vector<float> losses;
  for (int i = 0; i < 80; ++i) {
    adam.zero_grad();
    const Tensor loss = loss_of(gpt, text);
    loss.backward();
    adam.step();
    losses.push_back(loss.item<float>());
  }
  EXPECT_NEAR(losses.front(), std::log(11.), 0.1);
  EXPECT_LT(losses.back(), losses.front() / 4);
}

TEST(GPT2, does_not_see_what_comes_later) {
  const NoGrad off;
  GPT2 gpt(small);
  const Tensor a = gpt(tensor({{1, 2, 3, 4, 5, 6, 7, 8}})),
               b = gpt(tensor({{1, 2, 3, 4, 5, 6, 7, 0}}));
  EXPECT_EQ(a.slice(1, 0, 7).to_vector<float>(), b.slice(1, 0, 7).to_vector<float>());
  EXPECT_NE(a.slice(1, 7, 8).to_vector<float>(), b.slice(1, 7, 8).to_vector<float>());
}

// The deviation of n values estimates that of their distribution to 1 / √(2 n), here 0.4 %.
TEST(GPT2, begins_with_the_deviations_of_the_paper) {
  manual_seed(2);
  GPT2 gpt({.vocab_size = 300, .n_positions = 300, .n_embd = 128, .n_layer = 8, .n_head = 2});
  for (const auto& [name, p] : gpt.named_parameters()) {
    if (p.dim() < 2) continue;
    const double deviation = tinygrad::std(p.detach()).item<double>();
    const double expected = name.ends_with("c_proj.weight") ? 0.02 / 4 : 0.02;
    EXPECT_NEAR(deviation, expected, 0.03 * expected) << name;
  }
}

// Each of the three kinds alone changes what training computes, and evaluation has none.
TEST(GPT2, drops_in_training_alone) {
  const NoGrad off;
  const Tensor ids = tensor({{1, 2, 3, 4, 5, 6, 7, 8}});
  for (double GPT2Options::*kind :
       {&GPT2Options::embd_pdrop, &GPT2Options::resid_pdrop, &GPT2Options::attn_pdrop}) {
    GPT2Options options = small;
    options.*kind = 0.5;
    manual_seed(3);
    GPT2 gpt(options), without(small);
    without.load_state_dict(gpt.state_dict());
    const auto expected = without(ids).to_vector<float>();
    EXPECT_NE(gpt(ids).to_vector<float>(), expected);
    gpt.eval();
    EXPECT_EQ(gpt(ids).to_vector<float>(), expected);
  }
}

TEST(GPT2, attends_by_the_weights_that_are_drawn) {
  const NoGrad off;
  manual_seed(4);
  GPT2 gpt(small);
  for (const Tensor& p : gpt.parameters()) nn::init::normal_(p.detach(), 0, 0.5);
  const Tensor ids = tensor({3, 1, 4, 1, 5, 9});
  const Tensors weights = char_gpt::attention_weights(gpt, ids);
  ASSERT_EQ(weights.size(), 2u);
  EXPECT_EQ(weights[0].shape(), Shape({2, 6, 6}));
  EXPECT_LT(abs(sum(weights[1], -1) - 1).max().item<float>(), 1e-6);
  EXPECT_EQ(abs(triu(weights[1], 1)).max().item<float>(), 0);

  // The last block, with these weights: Σ_j w_ij v_j.
  GPT2Block &first = gpt.transformer.h[0], &last = gpt.transformer.h[1];
  const Tensor x =
      first(gpt.transformer.wte(ids.unsqueeze(0)) + gpt.transformer.wpe.weight.slice(0, 0, 6),
            nullptr, 0);
  const Tensor v = chunk(last.attn.c_attn(last.ln_1(x)), 3, 2)[2].reshape({6, 2, 8});
  const Tensor y = last.attn.c_proj(einsum("hij,jhd->ihd", {weights[1], v}).reshape({1, 6, 16}));
  EXPECT_LT(largest_difference(y, last.attn(last.ln_1(x), nullptr, 1)), 1e-5);
}

}  // namespace
}  // namespace tinygrad::models
