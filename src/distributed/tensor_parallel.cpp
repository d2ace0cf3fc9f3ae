// SPDX-License-Identifier: MIT
// Tensor parallel layers: the products of each rank, and what is summed or gathered around them.
#include "tinygrad/distributed/tensor_parallel.h"

#include "tinygrad/distributed/collectives.h"
#include "tinygrad/distributed/conjugate.h"
#include "tinygrad/ops.h"

namespace tinygrad::distributed {
namespace {

/// Whole layers, which are equal on all ranks.
template <class F> auto drawn(const Group& group, const F& make) {
  const GroupStream stream(group);
  return make();
}
/// The input of a layer whose output is divided.
Tensor whole_input(const Tensor& x, std::optional<int> sequence_dim, const Group& group) {
  return sequence_dim ? gather_and_copy(x, *sequence_dim, group) : copy_to_group(x, group);
}
/// A parameter that is equal on all ranks, and which each of them uses for its part of the
/// sequence.
Tensor for_part(const Tensor& parameter, const Group& group) {
  return parameter.defined() ? copy_to_group(parameter, group) : parameter;
}

}  // namespace

// ------------------------------------------------------------ linear

ColumnLinear::ColumnLinear(std::int64_t in, std::int64_t out, const ColumnLinearOptions& options,
                           const Group& group, SourceLocation location)
    : ColumnLinear(
          drawn(group, [&] { return nn::Linear(in, out, {.bias = options.bias}, location); }),
          options, group) {}
ColumnLinear::ColumnLinear(const nn::Linear& linear, const ColumnLinearOptions& options,
                           const Group& group)
    : weight(add_part("weight", linear.weight, 0, group)),
      bias(add_part("bias", linear.bias, 0, group)),
      options_(options),
      group_(group) {}

Tensor ColumnLinear::forward(const Tensor& x) {
  const Tensor y = linear(whole_input(x, options_.sequence_dim, group_), weight, bias);
  return options_.gather_output ? gather_from_group(y, -1, group_) : y;
}

RowLinear::RowLinear(std::int64_t in, std::int64_t out, const RowLinearOptions& options,
                     const Group& group, SourceLocation location)
    : RowLinear(drawn(group, [&] { return nn::Linear(in, out, {.bias = options.bias}, location); }),
                options, group) {}
RowLinear::RowLinear(const nn::Linear& linear, const RowLinearOptions& options, const Group& group)
    : weight(add_part("weight", linear.weight, 1, group)),
      bias(add_copy("bias", linear.bias)),
      options_(options),
      group_(group) {}

Tensor RowLinear::forward(const Tensor& x) {
  const auto& dim = options_.sequence_dim;
  const Tensor part = linear(options_.input_is_split ? x : scatter_to_group(x, -1, group_), weight);
  const Tensor y = dim ? sum_and_scatter(part, *dim, group_) : sum_from_group(part, group_);
  if (!bias.defined()) return y;
  return y + (dim ? for_part(bias, group_) : bias);
}

// ------------------------------------------------------------ vocabulary

VocabParallelEmbedding::VocabParallelEmbedding(std::int64_t num_embeddings,
                                               std::int64_t embedding_dim,
                                               const VocabParallelOptions& options,
                                               const Group& group, SourceLocation location)
    : VocabParallelEmbedding(
          drawn(group, [&] { return nn::Embedding(num_embeddings, embedding_dim, {}, location); }),
          options, group) {}
VocabParallelEmbedding::VocabParallelEmbedding(const nn::Embedding& whole,
                                               const VocabParallelOptions& options,
                                               const Group& group)
    : weight(add_part("weight", whole.weight, 0, group)),
      sharding_{0, whole.weight.size(0), group},
      options_(options) {}

namespace {

/// Labels of all classes, as those of this rank's part.
struct LocalLabels {
  Tensor labels;   // 0 where the label is another rank's
  Tensor is_here;  // bool
  LocalLabels(const Tensor& all, const Sharding& s) {
    const Tensor local = all - s.start();
    is_here = logical_and(local >= 0, local < s.part());
    labels = where(is_here, local, 0);
  }
};
void check_labels(const Tensor& labels, const Sharding& s, const Call& call) {
  if (labels.numel() == 0) return;
  const auto low = amin(labels).item<std::int64_t>(), high = amax(labels).item<std::int64_t>();
  require<IndexError>(low >= 0 && high < s.size, call, "expected indices in [0, ", s.size,
                      "), got ", low < 0 ? low : high);
}

}  // namespace

Tensor VocabParallelEmbedding::forward(const Tensor& index) {
  check_labels(index, sharding_, "VocabParallelEmbedding");
  const LocalLabels own(index, sharding_);
  const Tensor rows = where(unsqueeze(own.is_here, -1), embedding(own.labels, weight), 0);
  if (options_.sequence_dim) return sum_and_scatter(rows, *options_.sequence_dim, sharding_.group);
  return sum_from_group(rows, sharding_.group);
}

Tensor VocabParallelEmbedding::logits(In x) {
  return run(x.location, [&] {
    return linear(whole_input(*x, options_.sequence_dim, sharding_.group), weight);
  });
}

/// log Σ exp(x) - x[target], with x less its maximum. The sum and the target's logit, which one
/// rank has, are summed over the ranks together.
Tensor vocab_parallel_cross_entropy(In x, In target, std::int64_t num_classes,
                                    const ParallelCrossEntropyOptions& options,
                                    const Group& group) {
  const Call call{"vocab_parallel_cross_entropy", x.location};
  const Sharding s{0, num_classes, group};
  require<ShapeError>(x->dim() == target->dim() + 1 && x->shape()[-1] == s.part(), call,
                      "expected logits of shape [..., ", s.part(), "], this rank's part of ",
                      num_classes, " classes, and labels [...], got ", x->shape(), " and ",
                      target->shape());
  require<DTypeError>(!is_floating(target->dtype()), call, "expected integer labels, got ",
                      to_string(target->dtype()));
  const Tensor counts = options.ignore_index ? *target != *options.ignore_index
                                             : ones_like(*target).to(DType::boolean);
  const Tensor labels = where(counts, *target, 0);
  check_labels(labels, s, call);
  const LocalLabels own(labels, s);
  const Tensor wide = x->to(is_half(x->dtype()) ? DType::float32 : x->dtype());
  const Tensor below = wide - all_reduce(amax(wide.detach(), -1, true), Reduce::max, group);
  const Tensor logit = squeeze(gather(below, -1, unsqueeze(own.labels, -1)), -1);
  const Tensor sums =
      sum_from_group(stack({sum(exp(below), -1), where(own.is_here, logit, 0)}), group);
  const Tensor loss = where(counts, log(sums[0]) - sums[1], 0);
  if (options.reduction == Reduction::none) return loss;
  if (options.reduction == Reduction::sum) return sum(loss);
  return sum(loss) / sum(counts.to(loss.dtype()));
}

// ------------------------------------------------------------ transformer

SequenceParallelLayerNorm::SequenceParallelLayerNorm(std::int64_t features,
                                                     const nn::LayerNormOptions& options,
                                                     const Group& group)
    : weight(options.affine ? add("weight", ones({features})) : nn::Parameter()),
      bias(options.affine && options.bias ? add("bias", zeros({features})) : nn::Parameter()),
      eps_(options.eps),
      group_(group) {}

Tensor SequenceParallelLayerNorm::forward(const Tensor& x) {
  return layer_norm(x, x.size(-1), for_part(weight, group_), for_part(bias, group_), eps_);
}

namespace {

std::optional<int> sequence_dim(const ParallelTransformerOptions& options) {
  return options.sequence_parallel ? std::optional(1) : std::nullopt;
}
SequenceParallelLayerNorm norm(std::int64_t features, const ParallelTransformerOptions& options,
                               const Group& group) {
  return SequenceParallelLayerNorm(features, {.eps = options.layer_norm_eps, .bias = options.bias},
                                   options.sequence_parallel ? group : Group());
}

}  // namespace

ParallelAttention::ParallelAttention(std::int64_t embed_dim, std::int64_t num_heads,
                                     const ParallelTransformerOptions& options, const Group& group,
                                     SourceLocation location)
    : ParallelAttention(drawn(group,
                              [&] {
                                return nn::MultiheadAttention(embed_dim, num_heads,
                                                              {.bias = options.bias}, location);
                              }),
                        num_heads, options, group, location) {}
ParallelAttention::ParallelAttention(const nn::MultiheadAttention& whole, std::int64_t num_heads,
                                     const ParallelTransformerOptions& options, const Group& group,
                                     SourceLocation location)
    : in_proj_weight(add_part("in_proj_weight", whole.in_proj_weight, 0, group, 3)),
      in_proj_bias(add_part("in_proj_bias", whole.in_proj_bias, 0, group, 3)),
      out_proj(add(
          "out_proj",
          RowLinear::from_linear(whole.out_proj, {.sequence_dim = sequence_dim(options)}, group))),
      heads_(num_heads / group.size()),
      options_(options),
      group_(group) {
  require(num_heads % group.size() == 0, {"ParallelAttention", location}, num_heads,
          " heads cannot be divided among ", group.size(), " ranks; num_heads must be a multiple");
}

Tensor ParallelAttention::forward(const Tensor& x) {
  const Tensor all =
      linear(whole_input(x, sequence_dim(options_), group_), in_proj_weight, in_proj_bias);
  std::vector<Tensor> heads = chunk(all, 3, -1);  // [N, L, features] -> [N, heads, L, E]
  for (Tensor& h : heads) h = transpose(unflatten(h, -1, {heads_, -1}), 1, 2);
  const Tensor y = scaled_dot_product_attention(heads[0], heads[1], heads[2], {},
                                                {.is_causal = options_.is_causal});
  return out_proj(flatten(transpose(y, 1, 2), 2));
}

ParallelTransformerLayer::ParallelTransformerLayer(std::int64_t d_model, std::int64_t nhead,
                                                   const ParallelTransformerOptions& options,
                                                   const Group& group, SourceLocation location)
    : ParallelTransformerLayer(
          drawn(group,
                [&] {
                  return nn::TransformerEncoderLayer(
                      d_model, nhead,
                      {.dim_feedforward = options.dim_feedforward, .bias = options.bias}, location);
                }),
          nhead, options, group, location) {}
ParallelTransformerLayer::ParallelTransformerLayer(const nn::TransformerEncoderLayer& whole,
                                                   std::int64_t nhead,
                                                   const ParallelTransformerOptions& options,
                                                   const Group& group, SourceLocation location)
    : self_attn(add("self_attn", ParallelAttention::from_attention(whole.self_attn, nhead, options,
                                                                   group, location))),
      linear1(add("linear1", ColumnLinear::from_linear(
                                 whole.linear1, {.sequence_dim = sequence_dim(options)}, group))),
      linear2(add("linear2", RowLinear::from_linear(
                                 whole.linear2, {.sequence_dim = sequence_dim(options)}, group))),
      norm1(add("norm1", norm(whole.linear1.weight.size(1), options, group))),
      norm2(add("norm2", norm(whole.linear1.weight.size(1), options, group))),
      activation_(options.activation) {}

Tensor ParallelTransformerLayer::forward(const Tensor& x) {
  const Tensor h = x + self_attn(norm1(x));
  return h + linear2(activation_(linear1(norm2(h))));
}

}  // namespace tinygrad::distributed
