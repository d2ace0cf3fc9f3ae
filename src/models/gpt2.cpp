// SPDX-License-Identifier: MIT
// The decoder GPT-2.
#include "tinygrad/models/gpt2.h"

#include <cmath>

#include "attention.h"
#include "first_values.h"
#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

GPT2Options checked(GPT2Options o, SourceLocation location) {
  require(o.n_layer > 0 && o.n_head > 0 && o.n_embd > 0 && o.n_embd % o.n_head == 0,
          Call{"GPT2", location}, o.n_layer, " layers of ", o.n_embd, " features with ", o.n_head,
          " heads do not fit together");
  if (o.n_inner == 0) o.n_inner = 4 * o.n_embd;
  return o;
}

}  // namespace

Conv1D::Conv1D(std::int64_t in, std::int64_t out)
    : weight(add("weight", first_values(in, out))), bias(add("bias", zeros({out}))) {}
Tensor Conv1D::forward(const Tensor& x) { return linear(x, transpose(weight, 0, 1), bias); }

GPT2Attention::GPT2Attention(const GPT2Options& o)
    : c_attn(add("c_attn", Conv1D(o.n_embd, 3 * o.n_embd))),
      c_proj(add("c_proj", Conv1D(o.n_embd, o.n_embd))),
      resid_dropout(add("resid_dropout", nn::Dropout(o.resid_pdrop))),
      heads_(o.n_head),
      attn_pdrop_(o.attn_pdrop) {}

Tensor GPT2Attention::operator()(In x, KvCache* cache, std::int64_t layer) {
  return run(x.location, [&] {
    const auto qkv = chunk(c_attn(*x), 3, 2);
    const Tensor y = causal_attention(split_heads(qkv[0], heads_), split_heads(qkv[1], heads_),
                                      split_heads(qkv[2], heads_), cache, layer, 0,
                                      training() ? attn_pdrop_ : 0);
    return resid_dropout(c_proj(y));
  });
}

GPT2MLP::GPT2MLP(const GPT2Options& o)
    : c_fc(add("c_fc", Conv1D(o.n_embd, o.n_inner))),
      c_proj(add("c_proj", Conv1D(o.n_inner, o.n_embd))),
      dropout(add("dropout", nn::Dropout(o.resid_pdrop))),
      gelu_(o.gelu) {}
Tensor GPT2MLP::forward(const Tensor& x) { return dropout(c_proj(gelu(c_fc(x), gelu_))); }

GPT2Block::GPT2Block(const GPT2Options& o)
    : ln_1(add("ln_1", nn::LayerNorm({o.n_embd}, {.eps = o.layer_norm_epsilon}))),
      attn(add("attn", GPT2Attention(o))),
      ln_2(add("ln_2", nn::LayerNorm({o.n_embd}, {.eps = o.layer_norm_epsilon}))),
      mlp(add("mlp", GPT2MLP(o))) {}

Tensor GPT2Block::operator()(In x, KvCache* cache, std::int64_t layer) {
  return run(x.location, [&] {
    const Tensor h = *x + attn(ln_1(*x), cache, layer);
    return h + mlp(ln_2(h));
  });
}

GPT2Model::GPT2Model(const GPT2Options& o)
    : wte(add("wte", nn::Embedding(o.vocab_size, o.n_embd))),
      wpe(add("wpe", nn::Embedding(o.n_positions, o.n_embd))),
      drop(add("drop", nn::Dropout(o.embd_pdrop))),
      h(add("h", nn::ModuleList<GPT2Block>())),
      ln_f(add("ln_f", nn::LayerNorm({o.n_embd}, {.eps = o.layer_norm_epsilon}))) {
  const NoGrad off;
  for (auto* embedding : {&wte, &wpe}) embedding->weight.mul_(0.02);  // the deviation
  for (std::int64_t i = 0; i < o.n_layer; ++i) h.push_back(GPT2Block(o));
  for (GPT2Block& block : h)
    for (Conv1D* last : {&block.attn.c_proj, &block.mlp.c_proj})
      last->weight.mul_(1 / std::sqrt(2. * double(o.n_layer)));
}

Tensor GPT2Model::operator()(In ids, KvCache* cache) {
  return run(ids.location, [&] {
    const std::int64_t begin = cache ? cache->length() : 0;
    Tensor x = drop(wte(*ids) + wpe.weight.slice(0, begin, begin + ids->size(1)));
    std::int64_t i = 0;
    for (GPT2Block& block : h) x = block(x, cache, i++);
    if (cache) cache->advance(ids->size(1));
    return ln_f(x);
  });
}

GPT2::GPT2(const GPT2Options& o, SourceLocation location)
    : options(checked(o, location)), transformer(add("transformer", GPT2Model(options))) {}

Tensor GPT2::hidden_states(In ids, KvCache* cache) {
  check_positions("GPT2", {*ids, ids.location}, cache, max_positions());
  return transformer({*ids, ids.location}, cache);
}
Tensor GPT2::logits(In h) { return linear(*h, transformer.wte.weight); }

KvCache GPT2::make_cache(std::int64_t capacity, std::int64_t batch) const {
  const Tensor& like = transformer.wte.weight;
  return KvCache(
      {options.n_layer, batch, options.n_head, capacity, options.n_embd / options.n_head},
      {.dtype = like.dtype(), .device = like.device()});
}

}  // namespace tinygrad::models
