// SPDX-License-Identifier: MIT
// Attention.
#pragma once
#include <optional>

#include "tinygrad/tensor.h"

namespace tinygrad {

struct AttentionOptions {
  double dropout_p = 0;              ///< of the weights
  bool is_causal = false;            ///< query i sees the keys 0 ... i; no mask may be given
  std::optional<double> scale = {};  ///< of the scores; if it is not set: 1 / √E
  /// k and v may have fewer heads (dimension -3) than q, each serving a group of q's heads. Ainslie
  /// et al. 2023.
  bool enable_gqa = false;
};
/// y = softmax(q kᵀ scale + mask) v: for each query a mean of the rows of v, weighted by how well
/// its key fits. q [..., L, E], k [..., S, E], v [..., S, Ev], y [..., L, Ev]; the leading
/// dimensions broadcast. mask broadcasts to [..., L, S]: floating values are added to the scores,
/// false bools leave keys out; a query that sees no key gives zeros. Vaswani et al. 2017.
TINYGRAD_API Tensor scaled_dot_product_attention(In q, In k, In v, In mask = {},
                                                 const AttentionOptions& options = {});

struct RotaryOptions {
  double base = 10000;      ///< pair i turns by base^(-2i / E) a position
  std::int64_t offset = 0;  ///< the position of the first row
  /// Pairs are neighbours (2i, 2i + 1), as in the paper; otherwise (i, i + E / 2), as in Llama.
  bool interleaved = false;
};
/// Rotary position embedding of x [..., L, E]: each pair of elements of row p is rotated by an
/// angle proportional to p, so that products of rows depend on the distance of their positions
/// alone. E must be even. Su et al. 2021.
TINYGRAD_API Tensor rotary_embedding(In x, const RotaryOptions& options = {});

}  // namespace tinygrad
