// SPDX-License-Identifier: MIT
// The encoder BERT.
#include "tinygrad/models/bert.h"

#include "attention.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

nn::LayerNorm norm_of(const BertOptions& o) {
  return nn::LayerNorm({o.hidden_size}, {.eps = o.layer_norm_eps});
}
BertOptions checked(const BertOptions& o, SourceLocation location) {
  check_sizes({"Bert", location}, o.num_hidden_layers, o.hidden_size, o.num_attention_heads);
  return o;
}

}  // namespace

BertEmbeddings::BertEmbeddings(const BertOptions& o)
    : word_embeddings(add("word_embeddings", nn::Embedding(o.vocab_size, o.hidden_size))),
      position_embeddings(
          add("position_embeddings", nn::Embedding(o.max_position_embeddings, o.hidden_size))),
      token_type_embeddings(
          add("token_type_embeddings", nn::Embedding(o.type_vocab_size, o.hidden_size))),
      norm(add("LayerNorm", norm_of(o))) {}

Tensor BertEmbeddings::operator()(In ids, In token_types) {
  return run(ids.location, [&] {
    const TensorOptions options{.dtype = int64, .device = ids->device()};
    const Tensor words = word_embeddings(*ids),
                 places = position_embeddings(arange(0, ids->size(1), 1, options)),
                 types = token_type_embeddings(token_types.defined() ? *token_types
                                                                     : zeros({1}, options));
    return norm(words + places + types);
  });
}

BertOutput::BertOutput(std::int64_t in, const BertOptions& o)
    : dense(add("dense", nn::Linear(in, o.hidden_size))), norm(add("LayerNorm", norm_of(o))) {}
Tensor BertOutput::operator()(In x, In residual) {
  return run(x.location, [&] { return norm(dense(*x) + *residual); });
}

BertSelfAttention::BertSelfAttention(const BertOptions& o)
    : query(add("query", nn::Linear(o.hidden_size, o.hidden_size))),
      key(add("key", nn::Linear(o.hidden_size, o.hidden_size))),
      value(add("value", nn::Linear(o.hidden_size, o.hidden_size))),
      heads_(o.num_attention_heads) {}
Tensor BertSelfAttention::operator()(In x, In mask) {
  return run(x.location, [&] {
    const Tensor y =
        scaled_dot_product_attention(split_heads(query(*x), heads_), split_heads(key(*x), heads_),
                                     split_heads(value(*x), heads_), *mask);
    return y.transpose(1, 2).reshape(x->shape());
  });
}

BertAttention::BertAttention(const BertOptions& o)
    : self(add("self", BertSelfAttention(o))),
      output(add("output", BertOutput(o.hidden_size, o))) {}
Tensor BertAttention::operator()(In x, In mask) {
  return run(x.location, [&] { return output(self(*x, *mask), *x); });
}

BertIntermediate::BertIntermediate(const BertOptions& o)
    : dense(add("dense", nn::Linear(o.hidden_size, o.intermediate_size))) {}
Tensor BertIntermediate::forward(const Tensor& x) { return gelu(dense(x)); }

BertLayer::BertLayer(const BertOptions& o)
    : attention(add("attention", BertAttention(o))),
      intermediate(add("intermediate", BertIntermediate(o))),
      output(add("output", BertOutput(o.intermediate_size, o))) {}
Tensor BertLayer::operator()(In x, In mask) {
  return run(x.location, [&] {
    const Tensor h = attention(*x, *mask);
    return output(intermediate(h), h);
  });
}

BertEncoder::BertEncoder(const BertOptions& o) : layer(add("layer", nn::ModuleList<BertLayer>())) {
  for (std::int64_t i = 0; i < o.num_hidden_layers; ++i) layer.push_back(BertLayer(o));
}
Tensor BertEncoder::operator()(In x, In mask) {
  return run(x.location, [&] {
    Tensor h = *x;
    for (BertLayer& each : layer) h = each(h, *mask);
    return h;
  });
}

BertPooler::BertPooler(const BertOptions& o)
    : dense(add("dense", nn::Linear(o.hidden_size, o.hidden_size))) {}
Tensor BertPooler::forward(const Tensor& x) { return tanh(dense(x.select(1, 0))); }

Bert::Bert(const BertOptions& o, SourceLocation location)
    : embeddings(add("embeddings", BertEmbeddings(checked(o, location)))),
      encoder(add("encoder", BertEncoder(o))),
      pooler(add("pooler", BertPooler(o))),
      max_positions_(o.max_position_embeddings) {}

Tensor Bert::operator()(In ids, In attention_mask, In token_type_ids) {
  check_positions("Bert", {*ids, ids.location}, nullptr, max_positions_);
  return run(ids.location, [&] {
    const Tensor mask = attention_mask.defined()
                            ? (*attention_mask != 0).unsqueeze(1).unsqueeze(1)  // [N, 1, 1, L]
                            : Tensor();
    return encoder(embeddings(*ids, *token_type_ids), mask);
  });
}

Tensor sentence_embeddings(In x, In attention_mask) {
  const Tensor weights = (*attention_mask != 0).to(x->dtype()).unsqueeze(2);  // [N, L, 1]
  const Tensor sum = tinygrad::sum(*x * weights, 1);  // of the same direction as the mean
  return sum / sqrt(tinygrad::sum(sum * sum, -1, keepdim));
}

}  // namespace tinygrad::models
