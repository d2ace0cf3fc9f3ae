// SPDX-License-Identifier: MIT
// The cache of keys and values, and a decoder's call.
#include "tinygrad/models/causal_lm.h"

#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {

KvCache::KvCache(const CacheSizes& s, const TensorOptions& options) : capacity_(s.capacity) {
  require(s.capacity > 0, "KvCache", "the capacity must be positive, got ", s.capacity);
  for (std::int64_t i = 0; i < s.layers; ++i)
    for (auto* list : {&keys_, &values_})
      list->push_back(empty({s.batch, s.heads, s.capacity, s.head_dim}, options));
}

void KvCache::truncate(std::int64_t length, SourceLocation location) {
  require(length >= 0 && length <= length_, Call{"KvCache::truncate", location}, "there are ",
          length_, " positions, not ", length);
  length_ = length;
}

std::pair<Tensor, Tensor> KvCache::append(std::int64_t layer, const Tensor& k, const Tensor& v) {
  const std::int64_t end = length_ + k.size(2), batch = keys_.at(std::size_t(layer)).size(0);
  require(end <= capacity_, "KvCache", "it has room for ", capacity_, " positions, not ", end,
          "; make_cache() takes the capacity");
  require<ShapeError>(k.size(0) == batch, "KvCache", "it was made for ", batch, " texts, got keys ",
                      k.shape());
  require(!grad_enabled() || !k.requires_grad(), "KvCache",
          "the keys require a gradient, which the cache would lose; use NoGrad, or no cache");
  const auto write = [&](const Tensor& all, const Tensor& x) {
    all.slice(2, length_, end).copy_(x);
    return all.slice(2, 0, end);
  };
  return {write(keys_.at(std::size_t(layer)), k), write(values_.at(std::size_t(layer)), v)};
}

Tensor CausalLM::operator()(In ids, KvCache* cache) {
  return run(ids.location, [&] { return logits(hidden_states({*ids, ids.location}, cache)); });
}
Tensor CausalLM::forward(const Tensor& ids) { return logits(hidden_states(ids)); }

}  // namespace tinygrad::models
