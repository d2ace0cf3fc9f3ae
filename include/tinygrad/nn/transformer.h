// SPDX-License-Identifier: MIT
// Multi-head attention, and the encoders and decoders of transformers. Vaswani et al. 2017.
#pragma once
#include <optional>

#include "tinygrad/nn/container.h"
#include "tinygrad/nn/linear.h"
#include "tinygrad/nn/norm.h"
#include "tinygrad/ops/elementwise.h"

namespace tinygrad::nn {

/// Masks, which say what keys a query sees. In masks of bools, true leaves a key out, as in
/// torch.nn (and unlike in scaled_dot_product_attention); floating values are added to the scores.
struct AttentionMasks {
  Tensor attn_mask = {};         ///< [L, S], or [N num_heads, L, S]
  Tensor key_padding_mask = {};  ///< [N, S]; [S] if the inputs have no batch dimension
  bool is_causal = false;        ///< query i sees the keys 0 ... i, of those that the masks leave
};

struct MultiheadAttentionOptions {
  double dropout = 0;  ///< of the weights, in training mode
  bool bias = true;
  bool batch_first = false;  ///< inputs are [N, L, E], not [L, N, E]
  /// The features of keys and values, if they are not E. Then the first three maps have weights of
  /// their own, q_proj_weight [E, E], k_proj_weight [E, kdim] and v_proj_weight [E, vdim].
  std::optional<std::int64_t> kdim = {}, vdim = {};
};
/// Attention of num_heads heads of E / num_heads features, between linear maps of query [L, N, E],
/// key and value [S, N, E], and of the result; N may be missing. The first three maps are the parts
/// of in_proj_weight [3 E, E] and in_proj_bias [3 E]. A query that sees no key gives NaN with
/// need_weights, and zeros without.
class TINYGRAD_API MultiheadAttention : public Module {
 public:
  MultiheadAttention(std::int64_t embed_dim, std::int64_t num_heads,
                     const MultiheadAttentionOptions& options = {},
                     SourceLocation location = SourceLocation::current());
  /// The output, of query's shape, and the weights, [N, L, S] averaged over the heads or
  /// [N, num_heads, L, S]; undefined without need_weights, which needs less time and memory.
  std::pair<Tensor, Tensor> operator()(In query, In key, In value, const AttentionMasks& masks = {},
                                       bool need_weights = true, bool average_attn_weights = true);
  Parameter in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias;
  Linear out_proj;

 private:
  std::vector<Tensor> project(const Tensor& q, const Tensor& k, const Tensor& v) const;
  std::int64_t num_heads_, embed_dim_;
  MultiheadAttentionOptions options_;
};

struct TransformerOptions {
  std::int64_t dim_feedforward = 2048;
  double dropout = 0.1;
  Tensor (*activation)(In x) = relu;  ///< or gelu, ...
  double layer_norm_eps = 1e-5;
  bool batch_first = false;  ///< inputs are [N, L, E], not [L, N, E]
  bool norm_first = false;   ///< normalize the input of each part, not x plus its output
  bool bias = true;          ///< of all maps and norms
  bool final_norm = false;   ///< of TransformerEncoder and TransformerDecoder: have `norm`
};

/// The base of the two layers: self-attention, attention to a memory if has_memory, and two linear
/// maps. Each of these parts is added to its input, and a norm applied.
class TINYGRAD_API TransformerLayer : public Module {
 public:
  MultiheadAttention self_attn;
  std::optional<MultiheadAttention> multihead_attn;
  Linear linear1, linear2;
  LayerNorm norm1, norm2;
  std::optional<LayerNorm> norm3;

 protected:
  TransformerLayer(std::int64_t d_model, std::int64_t nhead, const TransformerOptions& options,
                   bool has_memory, SourceLocation location);
  Tensor compute(const Tensor& x, const Tensor& memory, const AttentionMasks& masks,
                 const AttentionMasks& memory_masks);

 private:
  template <class F> Tensor residual(const Tensor& x, LayerNorm& norm, const F& part);
  TransformerOptions options_;
};
/// A layer of an encoder. src [L, N, d_model] or [L, d_model], as the result.
struct TINYGRAD_API TransformerEncoderLayer : TransformerLayer {
  TransformerEncoderLayer(std::int64_t d_model, std::int64_t nhead,
                          const TransformerOptions& options = {},
                          SourceLocation location = SourceLocation::current())
      : TransformerLayer(d_model, nhead, options, false, location) {}
  Tensor operator()(In src, const AttentionMasks& masks = {});
};
/// A layer of a decoder. tgt [L, N, d_model] or [L, d_model], as the result; memory, the encoder's
/// result, [S, N, d_model] or [S, d_model].
struct TINYGRAD_API TransformerDecoderLayer : TransformerLayer {
  TransformerDecoderLayer(std::int64_t d_model, std::int64_t nhead,
                          const TransformerOptions& options = {},
                          SourceLocation location = SourceLocation::current())
      : TransformerLayer(d_model, nhead, options, true, location) {}
  Tensor operator()(In tgt, In memory, const AttentionMasks& masks = {},
                    const AttentionMasks& memory_masks = {});
};

/// num_layers layers, one after another, with initial values of their own, then the norm if
/// final_norm.
template <class Layer> class TransformerStack : public Module {
 public:
  TransformerStack(std::int64_t d_model, std::int64_t nhead, int num_layers,
                   const TransformerOptions& options = {},
                   SourceLocation location = SourceLocation::current());
  ModuleList<Layer> layers = add("layers", ModuleList<Layer>());
  std::optional<LayerNorm> norm;

 protected:
  template <class... More> Tensor compute(const Tensor& x, const More&... more);
};
/// TransformerEncoderLayers. Inputs are those of a layer.
struct TINYGRAD_API TransformerEncoder : TransformerStack<TransformerEncoderLayer> {
  using TransformerStack::TransformerStack;
  Tensor operator()(In src, const AttentionMasks& masks = {});
};
/// TransformerDecoderLayers. Inputs are those of a layer.
struct TINYGRAD_API TransformerDecoder : TransformerStack<TransformerDecoderLayer> {
  using TransformerStack::TransformerStack;
  Tensor operator()(In tgt, In memory, const AttentionMasks& masks = {},
                    const AttentionMasks& memory_masks = {});
};

}  // namespace tinygrad::nn
