// SPDX-License-Identifier: MIT
// The embedding layer: a lookup table of vectors.
#pragma once
#include <optional>

#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

struct EmbeddingOptions {
  /// The index of padding: its row is zeros at first and has no gradient. Negative: from the end.
  std::optional<std::int64_t> padding_idx = {};
};
/// Selects rows of weight [num_embeddings, embedding_dim] by an int64 index [...]; the result is
/// [..., embedding_dim]. An index outside 0 ... num_embeddings - 1 throws IndexError.
class TINYGRAD_API Embedding : public Module {
 public:
  Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim,
            const EmbeddingOptions& options = {},
            SourceLocation location = SourceLocation::current());
  Parameter weight;

 private:
  Tensor forward(const Tensor& index) override;
  std::optional<std::int64_t> padding_;
};

}  // namespace tinygrad::nn
