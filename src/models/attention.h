// SPDX-License-Identifier: MIT
// Attention layers share these: checks, heads, and attention to the positions before, which a cache
// may hold.
#pragma once
#include "tinygrad/models/causal_lm.h"

namespace tinygrad::models {

/// Throws ArgumentError unless sizes are positive, and heads divide the features.
void check_sizes(const Call& call, std::int64_t layers, std::int64_t features, std::int64_t heads);
/// The heads of x [N, L, heads * head_dim]: [N, heads, L, head_dim].
Tensor split_heads(const Tensor& x, std::int64_t heads);
/// Attention of new positions to themselves and to all before them that are in the cache of the
/// layer, or to the nearest `window` if it is not 0. q [N, H, L, E]; k and v [N, G, L, E], each
/// head of which serves H / G heads of q. -> [N, L, H E]. Without a cache, some of the weights may
/// be dropped.
Tensor causal_attention(const Tensor& q, const Tensor& k, const Tensor& v, KvCache* cache,
                        std::int64_t layer, std::int64_t window = 0, double dropout_p = 0);
/// Throws ArgumentError unless the ids [N, L] are at least one position, and fit after the cache.
void check_positions(const char* model, In ids, const KvCache* cache, std::int64_t max_positions);

}  // namespace tinygrad::models
