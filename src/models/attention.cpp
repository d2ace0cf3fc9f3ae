// SPDX-License-Identifier: MIT
// Attention to the positions before, by scaled_dot_product_attention().
#include "attention.h"

#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

/// A row of keys of one query: with the heads of a group as rows, keys are not repeated.
/// q [N, H, 1, E], k and v [N, G, S, E] -> [N, H, 1, E].
Tensor attend_one(const Tensor& q, const Tensor& k, const Tensor& v) {
  const std::int64_t n = q.size(0), heads = q.size(1), groups = k.size(1), e = q.size(3);
  const Tensor rows = q.reshape({n, groups, heads / groups, e});
  return scaled_dot_product_attention(rows, k, v).reshape({n, heads, 1, e});
}

/// Which of S keys the last L positions see: bool [L, S].
Tensor visible(std::int64_t queries, std::int64_t keys, std::int64_t window, const Device& device) {
  const TensorOptions options{.dtype = int64, .device = device};
  const Tensor distance =
      arange(keys - queries, keys, 1, options).unsqueeze(1) - arange(0, keys, 1, options);
  const Tensor before = distance >= 0;
  return window == 0 ? before : logical_and(before, distance < window);
}

}  // namespace

void check_sizes(const Call& call, std::int64_t layers, std::int64_t features, std::int64_t heads) {
  require(layers > 0 && heads > 0 && features > 0 && features % heads == 0, call, layers,
          " layers of ", features, " features with ", heads, " heads do not fit together");
}

Tensor split_heads(const Tensor& x, std::int64_t heads) {
  return x.reshape({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

Tensor causal_attention(const Tensor& q, const Tensor& k, const Tensor& v, KvCache* cache,
                        std::int64_t layer, std::int64_t window, double dropout_p) {
  auto [keys, values] = cache ? cache->append(layer, k, v) : std::pair(k, v);
  const std::int64_t queries = q.size(2), all = keys.size(2);
  const bool limited = window > 0 && all > window;
  Tensor y;
  if (queries == 1) {
    const std::int64_t first = limited ? all - window : 0;
    y = attend_one(q, keys.slice(2, first, all), values.slice(2, first, all));
  } else if (limited || all > queries) {
    const Tensor mask = visible(queries, all, limited ? window : 0, q.device());
    y = scaled_dot_product_attention(q, keys, values, mask, {.enable_gqa = true});
  } else {
    y = scaled_dot_product_attention(
        q, keys, values, {}, {.dropout_p = dropout_p, .is_causal = true, .enable_gqa = true});
  }
  return y.transpose(1, 2).reshape({q.size(0), queries, q.size(1) * v.size(3)});
}

void check_positions(const char* model, In ids, const KvCache* cache, std::int64_t max_positions) {
  const Call call{model, ids.location};
  require<ShapeError>(ids->dim() == 2 && ids->size(1) > 0, call,
                      "expected ids of shape [N, L] with L >= 1, got ", ids->shape());
  const std::int64_t end = (cache ? cache->length() : 0) + ids->size(1);
  require(end <= max_positions, call, "the model has ", max_positions, " positions, not ", end,
          "; shorten the text");
}

}  // namespace tinygrad::models
