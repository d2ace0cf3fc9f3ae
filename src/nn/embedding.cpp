// SPDX-License-Identifier: MIT
// The embedding layer, whose weight is initialized from the standard normal distribution.
#include "tinygrad/nn/embedding.h"

#include "nn/default_init.h"
#include "tinygrad/ops.h"

namespace tinygrad::nn {

static Tensor embedding_weight(std::int64_t num_embeddings, std::int64_t embedding_dim,
                               const Call& call) {
  Tensor weight = empty({positive(call, "num_embeddings", num_embeddings),
                         positive(call, "embedding_dim", embedding_dim)});
  init::normal_(weight);
  return weight;
}

Embedding::Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim,
                     const EmbeddingOptions& options, SourceLocation location)
    : weight(
          add("weight", embedding_weight(num_embeddings, embedding_dim, {"Embedding", location}))),
      padding_(options.padding_idx) {
  if (!padding_) return;
  require<IndexError>(*padding_ >= -num_embeddings && *padding_ < num_embeddings,
                      Call{"Embedding", location}, "padding_idx must be in [", -num_embeddings,
                      ", ", num_embeddings, "), got ", *padding_);
  if (*padding_ < 0) *padding_ += num_embeddings;
  init::zeros_(weight.detach().select(0, *padding_));
}

Tensor Embedding::forward(const Tensor& index) {
  const Tensor rows = embedding(index, weight);
  return padding_ ? where(unsqueeze(index == *padding_, -1), rows.detach(), rows) : rows;
}

}  // namespace tinygrad::nn
