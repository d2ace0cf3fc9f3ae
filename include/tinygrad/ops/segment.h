// SPDX-License-Identifier: MIT
// Reductions of parts of a dimension that have different lengths, and bags of embeddings.
#pragma once
#include <optional>

#include "tinygrad/ops/index.h"

namespace tinygrad {

/// Reduces segment after segment of x along dim, of lengths[i] elements each; lengths int64 [S],
/// which the host reads. An empty segment gives the sum 0, the product 1, the mean NaN, the maximum
/// -∞ and the minimum ∞. Throws ShapeError unless the lengths sum to the size of dim.
TINYGRAD_API Tensor segment_reduce(In x, ScatterReduce reduce, In lengths, int dim = 0);

struct EmbeddingBagOptions {
  ScatterReduce mode = ScatterReduce::mean;      ///< or sum, or amax
  Tensor per_sample_weights = {};                ///< like index: factors of the rows; for sums
  bool include_last_offset = false;              ///< the last offset is the end, not a bag
  std::optional<std::int64_t> padding_idx = {};  ///< index of rows that do not count
};
/// The sums, means or maxima of rows of weight [V, D]: bag b has those of index[b] for index [B,
/// N], or, for index [n] and offsets [B], those of index[offsets[b]] ... index[offsets[b + 1] - 1].
/// y [B, D]; an empty bag is zeros.
TINYGRAD_API Tensor embedding_bag(In index, In weight, In offsets = {},
                                  const EmbeddingBagOptions& options = {});

}  // namespace tinygrad
