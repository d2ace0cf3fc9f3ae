// SPDX-License-Identifier: MIT
// BERT (Devlin et al. 2019, https://arxiv.org/abs/1810.04805): an encoder, whose every position
// sees all others. States have the names of Hugging Face's transformers:
// encoder.layer.0.attention.self.query.weight.
#pragma once
#include "tinygrad/nn/container.h"
#include "tinygrad/nn/embedding.h"
#include "tinygrad/nn/linear.h"
#include "tinygrad/nn/norm.h"

namespace tinygrad::models {

/// The names are those of config.json.
struct BertOptions {
  std::int64_t vocab_size = 30522, hidden_size = 768, intermediate_size = 3072;
  std::int64_t num_hidden_layers = 12, num_attention_heads = 12;
  std::int64_t max_position_embeddings = 512, type_vocab_size = 2;
  double layer_norm_eps = 1e-12;
};

/// LayerNorm(word + position + token type).
class TINYGRAD_API BertEmbeddings : public nn::Module {
 public:
  explicit BertEmbeddings(const BertOptions& options);
  Tensor operator()(In ids, In token_types);
  nn::Embedding word_embeddings, position_embeddings, token_type_embeddings;
  nn::LayerNorm norm;  ///< "LayerNorm" in a state
};

/// y = LayerNorm(dense(x) + residual).
class TINYGRAD_API BertOutput : public nn::Module {
 public:
  BertOutput(std::int64_t in, const BertOptions& options);
  Tensor operator()(In x, In residual);
  nn::Linear dense;
  nn::LayerNorm norm;  ///< "LayerNorm" in a state
};

/// softmax(q kᵀ / √E + mask) v for each head.  x, y [N, L, hidden_size], mask bool [N, 1, 1, L].
class TINYGRAD_API BertSelfAttention : public nn::Module {
 public:
  explicit BertSelfAttention(const BertOptions& options);
  Tensor operator()(In x, In mask);
  nn::Linear query, key, value;

 private:
  std::int64_t heads_;
};

class TINYGRAD_API BertAttention : public nn::Module {
 public:
  explicit BertAttention(const BertOptions& options);
  Tensor operator()(In x, In mask);
  BertSelfAttention self;
  BertOutput output;
};

class TINYGRAD_API BertIntermediate : public nn::Module {
 public:
  explicit BertIntermediate(const BertOptions& options);
  nn::Linear dense;

 private:
  Tensor forward(const Tensor& x) override;
};

class TINYGRAD_API BertLayer : public nn::Module {
 public:
  explicit BertLayer(const BertOptions& options);
  Tensor operator()(In x, In mask);
  BertAttention attention;
  BertIntermediate intermediate;
  BertOutput output;
};

class TINYGRAD_API BertEncoder : public nn::Module {
 public:
  explicit BertEncoder(const BertOptions& options);
  Tensor operator()(In x, In mask);
  nn::ModuleList<BertLayer> layer;
};

class TINYGRAD_API BertPooler : public nn::Module {
 public:
  explicit BertPooler(const BertOptions& options);
  nn::Linear dense;

 private:
  Tensor forward(const Tensor& x) override;
};

class TINYGRAD_API Bert : public nn::Module {
 public:
  /// Throws ArgumentError for sizes that do not fit together.
  explicit Bert(const BertOptions& options = {},
                SourceLocation location = SourceLocation::current());
  /// The last hidden states [N, L, hidden_size] of ids int64 [N, L]. attention_mask [N, L]: 0 at
  /// padding, which no position sees; if it is not given, there is none. token_type_ids int64
  /// [N, L]: zeros if they are not given.
  Tensor operator()(In ids, In attention_mask = {}, In token_type_ids = {});
  BertEmbeddings embeddings;
  BertEncoder encoder;
  BertPooler pooler;  ///< tanh(dense(x[:, 0])) of hidden states x: [N, hidden_size]

 private:
  std::int64_t max_positions_;
};

/// The mean of the hidden states [N, L, D] over the positions whose attention_mask [N, L] is not 0,
/// divided by its length: sentence embeddings [N, D], whose products are cosines.
TINYGRAD_API Tensor sentence_embeddings(In hidden_states, In attention_mask);

}  // namespace tinygrad::models
