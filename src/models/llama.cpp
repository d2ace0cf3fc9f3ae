// SPDX-License-Identifier: MIT
// The decoder of the Llama family.
#include "tinygrad/models/llama.h"

#include "attention.h"
#include "llama_sizes.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
LlamaOptions checked(LlamaOptions o, const Call& call) {
  if (o.num_key_value_heads == 0) o.num_key_value_heads = o.num_attention_heads;
  for (const auto& [name, value] :
       {std::pair("vocab_size", o.vocab_size), std::pair("hidden_size", o.hidden_size),
        std::pair("intermediate_size", o.intermediate_size),
        std::pair("num_hidden_layers", o.num_hidden_layers),
        std::pair("num_attention_heads", o.num_attention_heads),
        std::pair("num_key_value_heads", o.num_key_value_heads),
        std::pair("max_position_embeddings", o.max_position_embeddings)})
    require(value > 0 && value < std::int64_t(1) << 31, call, name,
            " must be positive and below 2^31, got ", value);
  if (o.head_dim == 0) o.head_dim = o.hidden_size / o.num_attention_heads;
  require(o.head_dim > 0 && o.head_dim % 2 == 0 && o.head_dim < 1 << 16, call,
          "head_dim must be even and below 2^16, got ", o.head_dim);
  require(o.num_attention_heads % o.num_key_value_heads == 0, call, o.num_key_value_heads,
          " heads of keys do not divide ", o.num_attention_heads, " of queries");
  return o;
}

void check_sizes(const FoundTensors& found, LlamaOptions& o) {
  o = checked(o, found.call);
  const std::int64_t d = o.hidden_size, ffn = o.intermediate_size,
                     q = o.num_attention_heads * o.head_dim,
                     kv = o.num_key_value_heads * o.head_dim;
  found.expect("model.embed_tokens.weight", {o.vocab_size, d});
  if (!o.tie_word_embeddings) found.expect("lm_head.weight", {o.vocab_size, d});
  for (std::int64_t i = 0; i < o.num_hidden_layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i);
    found.expect(layer + ".self_attn.q_proj.weight", {q, d});
    found.expect(layer + ".self_attn.k_proj.weight", {kv, d});
    found.expect(layer + ".self_attn.v_proj.weight", {kv, d});
    found.expect(layer + ".self_attn.o_proj.weight", {d, q});
    found.expect(layer + ".mlp.gate_proj.weight", {ffn, d});
    found.expect(layer + ".mlp.up_proj.weight", {ffn, d});
    found.expect(layer + ".mlp.down_proj.weight", {d, ffn});
  }
}

static WeightMatrix matrix(std::int64_t rows, std::int64_t columns, const LlamaOptions& o,
                           bool bias) {
  return WeightMatrix(rows, columns, {.bias = bias, .quantized = o.quantized});
}

LlamaAttention::LlamaAttention(const LlamaOptions& o)
    : q_proj(
          add("q_proj", matrix(o.num_attention_heads * o.head_dim, o.hidden_size, o, o.qkv_bias))),
      k_proj(
          add("k_proj", matrix(o.num_key_value_heads * o.head_dim, o.hidden_size, o, o.qkv_bias))),
      v_proj(
          add("v_proj", matrix(o.num_key_value_heads * o.head_dim, o.hidden_size, o, o.qkv_bias))),
      o_proj(add("o_proj", matrix(o.hidden_size, o.num_attention_heads * o.head_dim, o, o.o_bias))),
      options_(o) {}

Tensor LlamaAttention::operator()(In x, KvCache* cache, std::int64_t layer) {
  return run(x.location, [&] {
    const LlamaOptions& o = options_;
    const RotaryOptions rotary{.base = o.rope_theta, .offset = cache ? cache->length() : 0};
    const Tensor q = rotary_embedding(split_heads(q_proj(*x), o.num_attention_heads), rotary),
                 k = rotary_embedding(split_heads(k_proj(*x), o.num_key_value_heads), rotary),
                 v = split_heads(v_proj(*x), o.num_key_value_heads);
    return o_proj(causal_attention(q, k, v, cache, layer, o.sliding_window));
  });
}

LlamaMLP::LlamaMLP(const LlamaOptions& o)
    : gate_proj(add("gate_proj", matrix(o.intermediate_size, o.hidden_size, o, o.mlp_bias))),
      up_proj(add("up_proj", matrix(o.intermediate_size, o.hidden_size, o, o.mlp_bias))),
      down_proj(add("down_proj", matrix(o.hidden_size, o.intermediate_size, o, o.mlp_bias))) {}

Tensor LlamaMLP::forward(const Tensor& x) { return down_proj(silu(gate_proj(x)) * up_proj(x)); }

LlamaLayer::LlamaLayer(const LlamaOptions& o)
    : self_attn(add("self_attn", LlamaAttention(o))),
      mlp(add("mlp", LlamaMLP(o))),
      input_layernorm(
          add("input_layernorm", nn::RMSNorm({o.hidden_size}, {.eps = o.rms_norm_eps}))),
      post_attention_layernorm(
          add("post_attention_layernorm", nn::RMSNorm({o.hidden_size}, {.eps = o.rms_norm_eps}))) {}

Tensor LlamaLayer::operator()(In x, KvCache* cache, std::int64_t layer) {
  return run(x.location, [&] {
    const Tensor h = *x + self_attn(input_layernorm(*x), cache, layer);
    return h + mlp(post_attention_layernorm(h));
  });
}

LlamaModel::LlamaModel(const LlamaOptions& o)
    : embed_tokens(add("embed_tokens", matrix(o.vocab_size, o.hidden_size, o, false))),
      layers(add("layers", nn::ModuleList<LlamaLayer>())),
      norm(add("norm", nn::RMSNorm({o.hidden_size}, {.eps = o.rms_norm_eps}))) {
  for (std::int64_t i = 0; i < o.num_hidden_layers; ++i) layers.push_back(LlamaLayer(o));
}

Tensor LlamaModel::operator()(In ids, KvCache* cache) {
  return run(ids.location, [&] {
    Tensor h = embed_tokens.rows(*ids);
    std::int64_t i = 0;
    for (LlamaLayer& layer : layers) h = layer(h, cache, i++);
    if (cache) cache->advance(ids->size(1));
    return norm(h);
  });
}

Llama::Llama(const LlamaOptions& o, SourceLocation location)
    : options(checked(o, {"Llama", location})), model(add("model", LlamaModel(options))) {
  if (!o.tie_word_embeddings)
    lm_head.emplace(add("lm_head", matrix(o.vocab_size, o.hidden_size, o, false)));
}

Tensor Llama::hidden_states(In ids, KvCache* cache) {
  check_positions("Llama", {*ids, ids.location}, cache, max_positions());
  return model({*ids, ids.location}, cache);
}
Tensor Llama::logits(In h) { return (lm_head ? *lm_head : model.embed_tokens)(*h); }

KvCache Llama::make_cache(std::int64_t capacity, std::int64_t batch) const {
  return KvCache(
      {options.num_hidden_layers, batch, options.num_key_value_heads, capacity, options.head_dim},
      {.dtype = model.norm.weight.dtype(), .device = model.norm.weight.device()});
}

std::vector<std::pair<std::string, WeightMatrix*>> Llama::weight_matrices() {
  std::vector<std::pair<std::string, WeightMatrix*>> all = {
      {"model.embed_tokens", &model.embed_tokens}};
  if (lm_head) all.emplace_back("lm_head", &*lm_head);
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const std::string layer = "model.layers." + std::to_string(i);
    LlamaAttention& attention = model.layers[i].self_attn;
    LlamaMLP& mlp = model.layers[i].mlp;
    all.insert(all.end(), {{layer + ".self_attn.q_proj", &attention.q_proj},
                           {layer + ".self_attn.k_proj", &attention.k_proj},
                           {layer + ".self_attn.v_proj", &attention.v_proj},
                           {layer + ".self_attn.o_proj", &attention.o_proj},
                           {layer + ".mlp.gate_proj", &mlp.gate_proj},
                           {layer + ".mlp.up_proj", &mlp.up_proj},
                           {layer + ".mlp.down_proj", &mlp.down_proj}});
  }
  return all;
}

}  // namespace tinygrad::models
