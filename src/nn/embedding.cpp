// SPDX-License-Identifier: MIT
// The embedding layer, whose weight is initialized from the standard normal distribution.
#include "tinygrad/nn/embedding.h"

#include "nn/default_init.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/ops/index.h"

namespace tinygrad::nn {
namespace {

Tensor embedding_weight(std::int64_t num_embeddings, std::int64_t embedding_dim, const Call& call) {
  Tensor weight = empty({positive(call, "num_embeddings", num_embeddings),
                         positive(call, "embedding_dim", embedding_dim)});
  init::normal_(weight);
  return weight;
}

}  // namespace

Embedding::Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim,
                     SourceLocation location)
    : weight(add("weight",
                 embedding_weight(num_embeddings, embedding_dim, {"Embedding", location}))) {}
Tensor Embedding::forward(const Tensor& index) { return embedding(index, weight); }

}  // namespace tinygrad::nn
