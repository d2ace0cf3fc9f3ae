// SPDX-License-Identifier: MIT
// Computes the weights of attention of a GPT: how much each token reads from those before it.
#pragma once
#include <tinygrad/autograd.h>
#include <tinygrad/models/gpt2.h>
#include <tinygrad/ops.h>

#include <cmath>
#include <limits>

namespace char_gpt {

namespace tg = tinygrad;

/// Of each layer, softmax(q kᵀ / √d) [heads, L, L] for ids [L], where row i sees columns 0 ... i.
/// Attention is these weights times v; the blocks themselves compute it without keeping them.
inline tg::Tensors attention_weights(tg::models::GPT2& model, const tg::Tensor& ids) {
  const tg::NoGrad off;
  const std::int64_t length = ids.size(0), heads = model.options.n_head,
                     d = model.options.n_embd / heads;
  const auto by_heads = [&](const tg::Tensor& x) {
    return x.reshape({length, heads, d}).transpose(0, 1);
  };
  const tg::Tensor is_seen = tril(tg::ones({length, length})).to(ids.device()) > 0;
  auto& gpt = model.transformer;
  tg::Tensor x = gpt.wte(unsqueeze(ids, 0)) + gpt.wpe.weight.slice(0, 0, length);
  tg::Tensors weights;
  for (auto& block : gpt.h) {
    const auto qkv = chunk(block.attn.c_attn(block.ln_1(x)), 3, 2);
    const tg::Tensor q = by_heads(qkv[0]), k = by_heads(qkv[1]);
    const tg::Tensor scores = matmul(q, k.transpose(1, 2)) / std::sqrt(double(d));
    weights.push_back(softmax(where(is_seen, scores, -std::numeric_limits<double>::infinity()), 2));
    x = block(x, nullptr, 0);
  }
  return weights;
}

}  // namespace char_gpt
