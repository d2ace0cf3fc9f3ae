// SPDX-License-Identifier: MIT
// Tests the GPT of bench/: it has the size given in the paper, learns, and sees what came before.
#include <gtest/gtest.h>

#include "../bench/nets.h"
#include "tinygrad/tinygrad.h"

namespace tg = tinygrad;

namespace {

std::int64_t parameters_of(const tg::nn::Module& net) {
  std::int64_t count = 0;
  for (auto& p : net.parameters()) count += p.numel();
  return count;
}

/// The losses of a first and a later step on one batch.
std::pair<float, float> losses(tg::nn::Module& net, const tg::Tensor& x, const tg::Tensor& y,
                               int steps) {
  tg::optim::Adam adam(net.parameters(), {.lr = 0.003});
  float first = 0, last = 0;
  for (int i = 0; i < steps; ++i) {
    adam.zero_grad();
    const tg::Tensor scores = net(x),
                     loss = tg::cross_entropy(scores.reshape({-1, scores.size(-1)}), y);
    loss.backward();
    adam.step();
    last = loss.item<float>();
    if (i == 0) first = last;
  }
  return {first, last};
}

TEST(Gpt, LearnsItsText) {
  tg::manual_seed(1);
  const bench::GptSizes sizes{.layers = 2, .heads = 2, .width = 16, .context = 8, .words = 11};
  bench::Gpt net(sizes);
  // word and place tables; a block: two norms, qkv, proj, up, down; the last norm and the head
  EXPECT_EQ(parameters_of(net),
            11 * 16 + 8 * 16 +
                2 * (2 * 32 + 16 * 48 + 48 + 16 * 16 + 16 + 16 * 64 + 64 + 64 * 16 + 16) + 32 +
                11 * 16);
  const tg::Tensor text = tg::randint(0, 11, {2, 9});
  const auto [first, last] =
      losses(net, text.slice(1, 0, 8), text.slice(1, 1, 9).reshape({16}), 60);
  EXPECT_NEAR(first, std::log(11.), 1);
  EXPECT_LT(last, first / 4);
}
TEST(Gpt, DoesNotSeeWhatComesLater) {
  const tg::NoGrad off;
  bench::Gpt net({.layers = 2, .heads = 2, .width = 16, .context = 8, .words = 11});
  const tg::Tensor a = net(tg::tensor({{1, 2, 3, 4, 5, 6, 7, 8}})),
                   b = net(tg::tensor({{1, 2, 3, 4, 5, 6, 7, 0}}));
  EXPECT_EQ(a.slice(1, 0, 7).to_vector<float>(), b.slice(1, 0, 7).to_vector<float>());
  EXPECT_NE(a.slice(1, 7, 8).to_vector<float>(), b.slice(1, 7, 8).to_vector<float>());
}

}  // namespace
