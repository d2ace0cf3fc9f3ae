// SPDX-License-Identifier: MIT
// Transformers: attention and linear maps, each added to its input. Attention is that of
// scaled_dot_product_attention, or its formula if the weights are asked for.
#include "tinygrad/nn/transformer.h"

#include <cmath>

#include "nn/default_init.h"
#include "tinygrad/ops.h"

namespace tinygrad::nn {

/// A mask as values that are added to the scores.
static Tensor added(const Tensor& mask, DType dtype) {
  if (mask.dtype() != DType::boolean) return mask.to(dtype);
  return where(mask, -INFINITY, zeros({}, {.dtype = dtype, .device = mask.device()}));
}

/// The sum of all masks, which broadcasts to the scores q kᵀ [N, H, L, S]; undefined if there is
/// none. The causal one is left to scaled_dot_product_attention if it is the only one there.
static Tensor merged(const AttentionMasks& masks, const Tensor& q, std::int64_t keys,
                     bool for_weights) {
  const char* op = "MultiheadAttention";
  const std::int64_t heads = q.shape()[1];
  Tensor sum;
  const auto add = [&](const Tensor& mask) {
    sum = sum.defined() ? sum + added(mask, q.dtype()) : added(mask, q.dtype());
  };
  if (const Tensor& m = masks.attn_mask; m.defined()) {
    require<ShapeError>(m.dim() == 2 || (m.dim() == 3 && m.shape()[0] % heads == 0), op,
                        "expected attn_mask of shape [L, S] or [N num_heads, L, S], got ",
                        m.shape());
    add(m.dim() == 2 ? m : unflatten(m, 0, {-1, heads}));
  }
  if (const Tensor& m = masks.key_padding_mask; m.defined()) {
    require<ShapeError>((m.dim() == 1 || m.dim() == 2) && m.shape()[-1] == keys, op,
                        "expected key_padding_mask of shape [N, ", keys, "], got ", m.shape());
    add(reshape(m, {-1, 1, 1, keys}));
  }
  if (masks.is_causal && (sum.defined() || for_weights))
    add(triu(ones({q.shape()[2], keys}, {.dtype = DType::boolean, .device = q.device()}), 1));
  return sum;
}

static Tensor xavier(std::int64_t rows, std::int64_t columns) {
  Tensor weight = empty({rows, columns});
  init::xavier_uniform_(weight);
  return weight;
}
/// Whether one weight holds the maps of query, key and value. Throws ArgumentError for invalid
/// sizes.
static bool is_joint(std::int64_t embed_dim, std::int64_t heads, const MultiheadAttentionOptions& o,
                     const Call& call) {
  positive(call, "embed_dim", embed_dim), positive(call, "num_heads", heads);
  positive(call, "kdim", o.kdim.value_or(1)), positive(call, "vdim", o.vdim.value_or(1));
  require(embed_dim % heads == 0, call, "embed_dim ", embed_dim,
          " must be a multiple of num_heads ", heads);
  return o.kdim.value_or(embed_dim) == embed_dim && o.vdim.value_or(embed_dim) == embed_dim;
}

static MultiheadAttentionOptions attention_options(const TransformerOptions& o) {
  return {.dropout = o.dropout, .bias = o.bias, .batch_first = o.batch_first};
}
static LayerNormOptions norm_options(const TransformerOptions& o) {
  return {.eps = o.layer_norm_eps, .bias = o.bias};
}

MultiheadAttention::MultiheadAttention(std::int64_t e, std::int64_t heads,
                                       const MultiheadAttentionOptions& o, SourceLocation location)
    : in_proj_weight(is_joint(e, heads, o, {"MultiheadAttention", location})
                         ? add("in_proj_weight", xavier(3 * e, e))
                         : Parameter()),
      q_proj_weight(in_proj_weight.defined() ? Parameter() : add("q_proj_weight", xavier(e, e))),
      k_proj_weight(in_proj_weight.defined() ? Parameter()
                                             : add("k_proj_weight", xavier(e, o.kdim.value_or(e)))),
      v_proj_weight(in_proj_weight.defined() ? Parameter()
                                             : add("v_proj_weight", xavier(e, o.vdim.value_or(e)))),
      in_proj_bias(o.bias ? add("in_proj_bias", zeros({3 * e})) : Parameter()),
      out_proj(add("out_proj", Linear(e, e, {.bias = o.bias}))),
      num_heads_(heads),
      embed_dim_(e),
      options_(o) {
  if (o.bias) init::zeros_(out_proj.bias);
}

/// Query, key and value after their maps, as heads [N, H, L, E / H].
std::vector<Tensor> MultiheadAttention::project(const Tensor& q, const Tensor& k,
                                                const Tensor& v) const {
  const std::int64_t e = embed_dim_;
  const Tensor* const weights[] = {&q_proj_weight, &k_proj_weight, &v_proj_weight};
  const auto map = [&](const Tensor& x, int first, int count) {
    const auto rows = [&](const Tensor& all) {
      return all.defined() ? all.slice(0, first * e, (first + count) * e) : Tensor();
    };
    const Tensor weight = in_proj_weight.defined() ? rows(in_proj_weight) : *weights[first];
    require<ShapeError>(
        (x.dim() == 2 || x.dim() == 3) && x.dim() == q.dim() && x.shape()[-1] == weight.shape()[1],
        "MultiheadAttention", "expected query, key and value of shape [L, N, ", e, "] or [L, ", e,
        "] (or N first, if batch_first), got ", q.shape(), ", ", k.shape(), " and ", v.shape());
    const bool is_swapped = x.dim() == 3 && !options_.batch_first;
    const Tensor batch = x.dim() == 2 ? unsqueeze(x, 0) : is_swapped ? transpose(x, 0, 1) : x;
    return linear(batch, weight, rows(in_proj_bias));
  };
  std::vector<Tensor> all;
  if (in_proj_weight.defined() && q.impl() == k.impl() && k.impl() == v.impl())
    all = chunk(map(q, 0, 3), 3, -1);
  else all = {map(q, 0, 1), map(k, 1, 1), map(v, 2, 1)};
  for (Tensor& x : all) x = transpose(unflatten(x, -1, {num_heads_, -1}), 1, 2);
  return all;
}

std::pair<Tensor, Tensor> MultiheadAttention::operator()(In query, In key, In value,
                                                         const AttentionMasks& masks,
                                                         bool need_weights,
                                                         bool average_attn_weights) {
  return run(query.location, [&] {
    const auto heads = project(query.given(), key.given(), value.given());
    const Tensor &q = heads[0], &k = heads[1], &v = heads[2];
    const Tensor mask = merged(masks, q, k.shape()[2], need_weights);
    Tensor y, weights;
    if (need_weights) {
      const Tensor scores =
          matmul(q * (1 / std::sqrt(double(q.shape()[-1]))), transpose(k, -2, -1));
      weights = dropout(softmax(mask.defined() ? scores + mask : scores, -1), options_.dropout,
                        training());
      y = matmul(weights, v);
      if (average_attn_weights) weights = mean(weights, 1);
    } else {
      y = scaled_dot_product_attention(q, k, v, mask,
                                       {.dropout_p = training() ? options_.dropout : 0,
                                        .is_causal = masks.is_causal && !mask.defined()});
    }
    y = out_proj(flatten(transpose(y, 1, 2), 2));
    if (query->dim() == 2)
      return std::pair(squeeze(y, 0), need_weights ? squeeze(weights, 0) : weights);
    return std::pair(options_.batch_first ? y : transpose(y, 0, 1), weights);
  });
}

TransformerLayer::TransformerLayer(std::int64_t d_model, std::int64_t nhead,
                                   const TransformerOptions& o, bool has_memory, SourceLocation l)
    : self_attn(add("self_attn", MultiheadAttention(d_model, nhead, attention_options(o), l))),
      multihead_attn(has_memory ? std::optional(add(
                                      "multihead_attn",
                                      MultiheadAttention(d_model, nhead, attention_options(o), l)))
                                : std::nullopt),
      linear1(add("linear1", Linear(d_model, o.dim_feedforward, {.bias = o.bias}, l))),
      linear2(add("linear2", Linear(o.dim_feedforward, d_model, {.bias = o.bias}, l))),
      norm1(add("norm1", LayerNorm(d_model, norm_options(o), l))),
      norm2(add("norm2", LayerNorm(d_model, norm_options(o), l))),
      norm3(has_memory ? std::optional(add("norm3", LayerNorm(d_model, norm_options(o), l)))
                       : std::nullopt),
      options_(o) {}

/// x + part(x), with the norm of x before or of the sum after.
template <class F>
Tensor TransformerLayer::residual(const Tensor& x, LayerNorm& norm, const F& part) {
  const auto y = [&](const Tensor& h) { return dropout(part(h), options_.dropout, training()); };
  return options_.norm_first ? x + y(norm(x)) : norm(x + y(x));
}

Tensor TransformerLayer::compute(const Tensor& x, const Tensor& memory, const AttentionMasks& masks,
                                 const AttentionMasks& memory_masks) {
  Tensor h =
      residual(x, norm1, [&](const Tensor& q) { return self_attn(q, q, q, masks, false).first; });
  if (multihead_attn)
    h = residual(h, norm2, [&](const Tensor& q) {
      return (*multihead_attn)(q, memory, memory, memory_masks, false).first;
    });
  return residual(h, norm3 ? *norm3 : norm2, [&](const Tensor& z) {
    return linear2(dropout(options_.activation(linear1(z)), options_.dropout, training()));
  });
}

Tensor TransformerEncoderLayer::operator()(In src, const AttentionMasks& masks) {
  return run(src.location, [&] { return compute(*src, {}, masks, {}); });
}
Tensor TransformerDecoderLayer::operator()(In tgt, In memory, const AttentionMasks& masks,
                                           const AttentionMasks& memory_masks) {
  return run(tgt.location, [&] { return compute(*tgt, *memory, masks, memory_masks); });
}

template <class Layer>
TransformerStack<Layer>::TransformerStack(std::int64_t d_model, std::int64_t nhead, int num_layers,
                                          const TransformerOptions& o, SourceLocation location) {
  require(num_layers >= 1, Call{"TransformerStack", location},
          "num_layers must be at least 1, not ", num_layers);
  for (int i = 0; i < num_layers; ++i) layers.push_back(Layer(d_model, nhead, o, location));
  if (o.final_norm) norm.emplace(add("norm", LayerNorm(d_model, norm_options(o), location)));
}
template <class Layer>
template <class... More>
Tensor TransformerStack<Layer>::compute(const Tensor& x, const More&... more) {
  Tensor h = x;
  for (Layer& layer : layers) h = layer(h, more...);
  return norm ? (*norm)(h) : h;
}
template class TransformerStack<TransformerEncoderLayer>;
template class TransformerStack<TransformerDecoderLayer>;

Tensor TransformerEncoder::operator()(In src, const AttentionMasks& masks) {
  return run(src.location, [&] { return compute(*src, masks); });
}
Tensor TransformerDecoder::operator()(In tgt, In memory, const AttentionMasks& masks,
                                      const AttentionMasks& memory_masks) {
  return run(tgt.location, [&] { return compute(*tgt, *memory, masks, memory_masks); });
}

}  // namespace tinygrad::nn
