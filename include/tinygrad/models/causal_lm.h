// SPDX-License-Identifier: MIT
// CausalLM: a language model that scores the next token of each position, and the cache with which
// it reads each token once.
//
//   models::KvCache cache = model.make_cache(512);
//   Tensor scores = model(prompt, &cache);   // [1, L, vocab_size]
//   scores = model(next, &cache);            // next [1, 1] follows the prompt
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "tinygrad/nn/module.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::models {

struct CacheSizes {
  std::int64_t layers, batch, heads, capacity, head_dim;
};
/// The keys and values of the positions that a decoder has read. Their memory is allocated at once.
class TINYGRAD_API KvCache {
 public:
  explicit KvCache(const CacheSizes& sizes, const TensorOptions& options = {});
  std::int64_t length() const { return length_; }  ///< how many positions were read
  std::int64_t capacity() const { return capacity_; }
  /// Forgets the positions from `length` on, to go on differently. Throws ArgumentError unless
  /// 0 <= length <= length().
  void truncate(std::int64_t length, SourceLocation location = SourceLocation::current());

  /// For models: writes the keys and values [batch, heads, L, head_dim] of the next L positions of
  /// a layer, and returns those of all positions, which share memory with the cache. Throws
  /// ArgumentError if they do not fit or a gradient would be lost, ShapeError for another batch.
  std::pair<Tensor, Tensor> append(std::int64_t layer, const Tensor& keys, const Tensor& values);
  /// For models: L positions were read by all layers.
  void advance(std::int64_t positions) { length_ += positions; }

 private:
  std::vector<Tensor> keys_, values_;  // of each layer: [batch, heads, capacity, head_dim]
  std::int64_t length_ = 0, capacity_ = 0;
};

/// A decoder: ids int64 [N, L] -> scores (logits) of the token after each, [N, L, vocab_size].
class TINYGRAD_API CausalLM : public nn::Module {
 public:
  /// With a cache, the ids follow those that it has, and are added to it (under NoGrad). Throws
  /// ArgumentError for more than max_positions() in all.
  Tensor operator()(In ids, KvCache* cache = nullptr);
  /// The two halves of it, for those who need the scores of a few positions: [N, L, hidden_size],
  /// and the scores of such rows.
  virtual Tensor hidden_states(In ids, KvCache* cache = nullptr) = 0;
  virtual Tensor logits(In hidden_states) = 0;
  virtual KvCache make_cache(std::int64_t capacity, std::int64_t batch = 1) const = 0;
  virtual std::int64_t max_positions() const = 0;
  std::vector<std::int64_t> eos_token_ids = {};  ///< generate() stops after these

 private:
  Tensor forward(const Tensor& ids) override;
};

}  // namespace tinygrad::models
