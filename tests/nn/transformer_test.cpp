// SPDX-License-Identifier: MIT
// Tests what golden values of the transformer do not show: initial values, masks that mean the
// same, dropout, and bad calls.
#include "support/nn_help.h"

namespace tinygrad {
namespace {

using Mha = nn::MultiheadAttention;

TEST(MultiheadAttention, StartsAsInPyTorch) {
  Mha mha(6, 2);
  EXPECT_EQ(names(mha.named_parameters()),
            (std::vector<std::string>{"in_proj_weight", "in_proj_bias", "out_proj.weight",
                                      "out_proj.bias"}));
  EXPECT_EQ(mha.in_proj_weight.shape(), (Shape{18, 6}));
  const double bound = std::sqrt(6. / (18 + 6)),
               most = abs(mha.in_proj_weight).max().item<double>();
  EXPECT_TRUE(most <= bound && most > 0.8 * bound) << most;
  expect_close(mha.in_proj_bias, std::vector<double>(18, 0), 0);
  expect_close(mha.out_proj.bias, std::vector<double>(6, 0), 0);
  EXPECT_FALSE(Mha(6, 2, {.bias = false}).in_proj_bias.defined());
}

TEST(MultiheadAttention, GivesTheSameWithAndWithoutWeightsForAllMasks) {
  Mha mha(6, 2);
  mha.to(float64);
  const Tensor x = randn({4, 3, 6}, {.dtype = float64});
  const Tensor late = triu(ones({4, 4}, {.dtype = boolean}), 1);
  const Tensor padding = tensor({{0, 0, 0, 1}, {0, 0, 0, 0}, {0, 0, 1, 1}}).to(boolean);
  for (auto& masks : {nn::AttentionMasks{}, nn::AttentionMasks{.is_causal = true},
                      nn::AttentionMasks{.attn_mask = late},
                      nn::AttentionMasks{.key_padding_mask = padding, .is_causal = true},
                      nn::AttentionMasks{.attn_mask = late, .key_padding_mask = padding}}) {
    const auto [y, weights] = mha(x, x, x, masks);
    const auto [same_y, none] = mha(x, x, x, masks, false);
    expect_close(y, same_y, 1e-12);
    EXPECT_FALSE(none.defined());
    expect_close(weights.sum(-1), ones({3, 4}), 1e-12);
  }
  expect_close(mha(x, x, x, {.is_causal = true}).first, mha(x, x, x, {.attn_mask = late}).first,
               1e-12);
  const Tensor copy = x.clone();  // other tensors: three products instead of one
  expect_close(mha(x, copy, copy).first, mha(x, x, x).first, 1e-12);
}

TEST(MultiheadAttention, RefusesWhatDoesNotFit) {
  expect_says(message_of<ArgumentError>([] { Mha(6, 4); }),
              "MultiheadAttention: embed_dim 6 must be a multiple of num_heads 4\n  called at "
              "transformer_test.cpp");
  expect_says(message_of<ArgumentError>([] { Mha(0, 1); }), "embed_dim must be at least 1, not 0");
  Mha mha(6, 2);
  const Tensor x = ones({4, 3, 6});
  expect_says(
      message_of<ShapeError>([&] {
        mha(x, x, ones({4, 3, 5}));
      }),
      "MultiheadAttention: expected query, key and value of shape [L, N, 6] or [L, 6] (or N "
      "first, if batch_first), got [4, 3, 6], [4, 3, 6] and [4, 3, 5]\n  in "
      "MultiheadAttention, called at transformer_test.cpp");
  expect_says(message_of<ShapeError>([&] { mha(x, x, x, {.attn_mask = ones({4})}); }),
              "expected attn_mask of shape [L, S] or [N num_heads, L, S], got [4]");
  expect_says(message_of<ShapeError>([&] {
                mha(x, x, x, {.key_padding_mask = ones({3, 5})});
              }),
              "expected key_padding_mask of shape [N, 4], got [3, 5]");
  message_of<ArgumentError>([&] { mha(x, x, {}); });
}

TEST(Transformer, HasPyTorchsNames) {
  const nn::TransformerDecoder decoder(4, 2, 1, {.dim_feedforward = 5, .final_norm = true});
  std::string all;
  for (auto& m : decoder.named_modules()) all += m.path + " ";
  EXPECT_EQ(all,
            " layers layers.0 layers.0.self_attn layers.0.self_attn.out_proj "
            "layers.0.multihead_attn layers.0.multihead_attn.out_proj layers.0.linear1 "
            "layers.0.linear2 layers.0.norm1 layers.0.norm2 layers.0.norm3 norm ");
  EXPECT_FALSE(nn::TransformerEncoder(4, 2, 1).norm.has_value());
  EXPECT_EQ(nn::TransformerEncoderLayer(4, 2).linear1.weight.shape(), (Shape{2048, 4}));
}

TEST(Transformer, DropsInTrainingAloneAndNamesItsLayersInErrors) {
  nn::Sequential net(nn::TransformerEncoder(4, 2, 2, {.dim_feedforward = 8, .dropout = 0.5}));
  const Tensor x = randn({3, 2, 4});
  const auto values = [&] { return net(x).to_vector<float>(); };
  EXPECT_NE(values(), values());
  net.eval();
  EXPECT_EQ(values(), values());
  expect_says(message_of<ShapeError>([&] {
                net(ones({3, 2, 5}));
              }),
              "in 0.layers.0.self_attn (MultiheadAttention) of Sequential, called at "
              "transformer_test.cpp");
  expect_says(message_of<ArgumentError>([] { nn::TransformerEncoder(4, 2, 0); }),
              "num_layers must be at least 1, not 0");
}

}  // namespace
}  // namespace tinygrad
