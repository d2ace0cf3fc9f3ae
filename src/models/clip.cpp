// SPDX-License-Identifier: MIT
// The text encoder of CLIP.
#include "tinygrad/models/clip.h"

#include "attention.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

nn::LayerNorm norm_of(const CLIPTextOptions& o) {
  return nn::LayerNorm({o.hidden_size}, {.eps = o.layer_norm_eps});
}
nn::Linear square(const CLIPTextOptions& o) { return nn::Linear(o.hidden_size, o.hidden_size); }
CLIPTextOptions checked(const CLIPTextOptions& o, SourceLocation location) {
  check_sizes({"CLIPTextModel", location}, o.num_hidden_layers, o.hidden_size,
              o.num_attention_heads);
  return o;
}

}  // namespace

CLIPTextEmbeddings::CLIPTextEmbeddings(const CLIPTextOptions& o)
    : token_embedding(add("token_embedding", nn::Embedding(o.vocab_size, o.hidden_size))),
      position_embedding(
          add("position_embedding", nn::Embedding(o.max_position_embeddings, o.hidden_size))) {}
Tensor CLIPTextEmbeddings::forward(const Tensor& ids) {
  return token_embedding(ids) +
         position_embedding(arange(0, ids.size(1), 1, {.dtype = int64, .device = ids.device()}));
}

CLIPAttention::CLIPAttention(const CLIPTextOptions& o)
    : k_proj(add("k_proj", square(o))),
      v_proj(add("v_proj", square(o))),
      q_proj(add("q_proj", square(o))),
      out_proj(add("out_proj", square(o))),
      heads_(o.num_attention_heads) {}
Tensor CLIPAttention::forward(const Tensor& x) {
  const auto heads = [&](const Tensor& rows) { return split_heads(rows, heads_); };
  return out_proj(causal_attention(heads(q_proj(x)), heads(k_proj(x)), heads(v_proj(x)), nullptr,
                                   /*layer=*/0));
}

CLIPMLP::CLIPMLP(const CLIPTextOptions& o)
    : fc1(add("fc1", nn::Linear(o.hidden_size, o.intermediate_size))),
      fc2(add("fc2", nn::Linear(o.intermediate_size, o.hidden_size))),
      quick_(o.quick_gelu) {}
Tensor CLIPMLP::forward(const Tensor& x) {
  const Tensor h = fc1(x);
  return fc2(quick_ ? quick_gelu(h) : gelu(h));
}

CLIPEncoderLayer::CLIPEncoderLayer(const CLIPTextOptions& o)
    : self_attn(add("self_attn", CLIPAttention(o))),
      layer_norm1(add("layer_norm1", norm_of(o))),
      mlp(add("mlp", CLIPMLP(o))),
      layer_norm2(add("layer_norm2", norm_of(o))) {}
Tensor CLIPEncoderLayer::forward(const Tensor& x) {
  const Tensor h = x + self_attn(layer_norm1(x));
  return h + mlp(layer_norm2(h));
}

CLIPEncoder::CLIPEncoder(const CLIPTextOptions& o)
    : layers(add("layers", nn::ModuleList<CLIPEncoderLayer>())) {
  for (std::int64_t i = 0; i < o.num_hidden_layers; ++i) layers.push_back(CLIPEncoderLayer(o));
}
Tensor CLIPEncoder::forward(const Tensor& x) {
  Tensor h = x;
  for (CLIPEncoderLayer& layer : layers) h = layer(h);
  return h;
}

CLIPTextModel::CLIPTextModel(const CLIPTextOptions& o, SourceLocation location)
    : options(checked(o, location)),
      embeddings(add("embeddings", CLIPTextEmbeddings(o))),
      encoder(add("encoder", CLIPEncoder(o))),
      final_layer_norm(add("final_layer_norm", norm_of(o))) {}
Tensor CLIPTextModel::forward(const Tensor& ids) {
  check_positions("CLIPTextModel", ids, nullptr, options.max_position_embeddings);
  return final_layer_norm(encoder(embeddings(ids)));
}

}  // namespace tinygrad::models
