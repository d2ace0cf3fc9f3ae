// Lookup tables of vectors.
#include "tinygrad/nn/embedding.h"

#include "nn/default_init.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/ops/index.h"

namespace tinygrad::nn {
namespace {

Tensor embedding_weight(std::int64_t count, std::int64_t features, const Call& call) {
  Tensor weight = empty({positive(call, "the number of rows", count),
                         positive(call, "the number of features", features)});
  init::normal_(weight);
  return weight;
}

}  // namespace

Embedding::Embedding(std::int64_t count, std::int64_t features, SourceLocation location)
    : weight(add("weight", embedding_weight(count, features, {"Embedding", location}))) {}
Tensor Embedding::forward(const Tensor& index) { return embedding(index, weight); }

}  // namespace tinygrad::nn
