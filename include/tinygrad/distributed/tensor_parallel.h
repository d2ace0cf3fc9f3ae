// SPDX-License-Identifier: MIT
// Tensor parallel layers: the ranks of a group divide the weights of a layer, and compute its
// output together. Shoeybi et al.: "Megatron-LM", 2019.
//
//   tg::distributed::ColumnLinear up = add("up", ColumnLinear(512, 2048));
//   tg::distributed::RowLinear down = add("down", RowLinear(2048, 512));
//   down(gelu(up(x)));  // one sum over the ranks, and one of the gradients
//
// All ranks of the group must build the same layers. Initial weights are the parts of those that
// rank 0 would draw alone, so that they do not depend on the number of ranks. States that do not
// either are full_state_dict() and load_full_state_dict() of sharding.h; names and shapes in them
// are those of the layers of nn.
//
// Sequence parallel: between these layers, where norms and dropout are, each rank may hold a part
// of the sequence instead of a copy of it all. Korthikanti et al.: "Reducing activation
// recomputation in large transformer models", 2022.
#pragma once
#include "tinygrad/distributed/sharding.h"
#include "tinygrad/nn/embedding.h"
#include "tinygrad/nn/linear.h"
#include "tinygrad/nn/norm.h"
#include "tinygrad/nn/transformer.h"
#include "tinygrad/ops/loss.h"

namespace tinygrad::distributed {

struct ColumnLinearOptions {
  bool bias = true;
  bool gather_output = false;  ///< y is the whole output, on all ranks
  /// x is a part of the sequence along this dimension; y belongs to the whole sequence.
  std::optional<int> sequence_dim = {};
};
/// nn::Linear with its output features, the columns of weightᵀ, divided among n ranks.
/// x [..., in_features], equal on all ranks, weight [out_features / n, in_features],
/// bias [out_features / n], y [..., out_features / n].
class TINYGRAD_API ColumnLinear : public ShardedModule {
 public:
  ColumnLinear(std::int64_t in_features, std::int64_t out_features,
               const ColumnLinearOptions& options = {}, const Group& group = world(),
               SourceLocation location = SourceLocation::current());
  /// This rank's part of a layer; linear must be equal on all ranks. options.bias is ignored.
  static ColumnLinear from_linear(const nn::Linear& linear, const ColumnLinearOptions& options = {},
                                  const Group& group = world()) {
    return {linear, options, group};
  }
  ShardedParameter weight, bias;

 private:
  ColumnLinear(const nn::Linear& linear, const ColumnLinearOptions& options, const Group& group);
  Tensor forward(const Tensor& x) override;
  ColumnLinearOptions options_;
  Group group_;
};

struct RowLinearOptions {
  bool bias = true;
  bool input_is_split = true;  ///< x is this rank's part of the features, as ColumnLinear leaves it
  /// y is the part of the sequence along this dimension, whose size must be a multiple of n.
  std::optional<int> sequence_dim = {};
};
/// nn::Linear with its input features, the rows of weightᵀ, divided among n ranks.
/// x [..., in_features / n], weight [out_features, in_features / n], y [..., out_features], equal
/// on all ranks. bias [out_features] is equal on all ranks, and added once, to the sum.
class TINYGRAD_API RowLinear : public ShardedModule {
 public:
  RowLinear(std::int64_t in_features, std::int64_t out_features,
            const RowLinearOptions& options = {}, const Group& group = world(),
            SourceLocation location = SourceLocation::current());
  /// As ColumnLinear::from_linear.
  static RowLinear from_linear(const nn::Linear& linear, const RowLinearOptions& options = {},
                               const Group& group = world()) {
    return {linear, options, group};
  }
  ShardedParameter weight;
  nn::Parameter bias;

 private:
  RowLinear(const nn::Linear& linear, const RowLinearOptions& options, const Group& group);
  Tensor forward(const Tensor& x) override;
  RowLinearOptions options_;
  Group group_;
};

struct VocabParallelOptions {
  /// The sequence dimension of the embedding's output, which is then a part of the sequence, as the
  /// input of logits() is.
  std::optional<int> sequence_dim = {};
};
/// nn::Embedding with its rows divided among n ranks; their number need not be a multiple of n.
/// index [...], equal on all ranks, weight [num_embeddings / n, embedding_dim],
/// y [..., embedding_dim], equal on all ranks. An index outside 0 ... num_embeddings - 1 throws
/// IndexError.
class TINYGRAD_API VocabParallelEmbedding : public ShardedModule {
 public:
  VocabParallelEmbedding(std::int64_t num_embeddings, std::int64_t embedding_dim,
                         const VocabParallelOptions& options = {}, const Group& group = world(),
                         SourceLocation location = SourceLocation::current());
  /// x weightᵀ: this rank's part of the logits, [..., num_embeddings / n], of x
  /// [..., embedding_dim]; for a model whose output layer has the weights of its embedding.
  Tensor logits(In x);
  ShardedParameter weight;

 private:
  VocabParallelEmbedding(const nn::Embedding& embedding, const VocabParallelOptions& options,
                         const Group& group);
  Tensor forward(const Tensor& index) override;
  Sharding sharding_;
  VocabParallelOptions options_;
};

struct ParallelCrossEntropyOptions {
  std::optional<std::int64_t> ignore_index = {};  ///< samples with this label count for nothing
  Reduction reduction = Reduction::mean;
};
/// cross_entropy of logits whose classes, the last dimension, are divided among n ranks as in
/// VocabParallelEmbedding: x [..., num_classes / n], target int64 [...], the result equal on all
/// ranks. Exchanges 3 values for each sample, and never gathers the logits. A label outside
/// 0 ... num_classes - 1 throws IndexError, logits of another size ShapeError.
TINYGRAD_API Tensor vocab_parallel_cross_entropy(In x, In target, std::int64_t num_classes,
                                                 const ParallelCrossEntropyOptions& options = {},
                                                 const Group& group = world());

/// Layer norm of a part of the sequence: weight and bias are equal on all ranks, and their
/// gradients those of the whole sequence. In a group of one it is nn::LayerNorm.
class TINYGRAD_API SequenceParallelLayerNorm : public nn::Module {
 public:
  explicit SequenceParallelLayerNorm(std::int64_t features,
                                     const nn::LayerNormOptions& options = {},
                                     const Group& group = world());
  nn::Parameter weight, bias;

 private:
  Tensor forward(const Tensor& x) override;
  double eps_;
  Group group_;
};

struct ParallelTransformerOptions {
  std::int64_t dim_feedforward = 2048;
  Tensor (*activation)(In x) = relu;  ///< or gelu, ...
  double layer_norm_eps = 1e-5;
  bool bias = true;                ///< of all maps and norms
  bool is_causal = false;          ///< query i sees the keys 0 ... i
  bool sequence_parallel = false;  ///< x and y are [N, L / n, E]: a part of the sequence
};

/// Self-attention nn::MultiheadAttention with its heads divided among n ranks, whose number must
/// divide num_heads. x and y [N, L, embed_dim]; in_proj_weight [3 embed_dim / n, embed_dim]. Of the
/// options it reads bias, is_causal and sequence_parallel.
class TINYGRAD_API ParallelAttention : public ShardedModule {
 public:
  ParallelAttention(std::int64_t embed_dim, std::int64_t num_heads,
                    const ParallelTransformerOptions& options = {}, const Group& group = world(),
                    SourceLocation location = SourceLocation::current());
  /// As ColumnLinear::from_linear.
  static ParallelAttention from_attention(const nn::MultiheadAttention& attention,
                                          std::int64_t num_heads,
                                          const ParallelTransformerOptions& options = {},
                                          const Group& group = world(),
                                          SourceLocation location = SourceLocation::current()) {
    return {attention, num_heads, options, group, location};
  }
  ShardedParameter in_proj_weight, in_proj_bias;
  RowLinear out_proj;

 private:
  ParallelAttention(const nn::MultiheadAttention& attention, std::int64_t num_heads,
                    const ParallelTransformerOptions& options, const Group& group,
                    SourceLocation location);
  Tensor forward(const Tensor& x) override;
  std::int64_t heads_;  // of this rank
  ParallelTransformerOptions options_;
  Group group_;
};

/// nn::TransformerEncoderLayer with batch_first, norm_first and no dropout, divided among n ranks:
/// heads in the attention, features in the linear maps, and the sequence in the norms if
/// sequence_parallel. x and y [N, L, d_model].
class TINYGRAD_API ParallelTransformerLayer : public nn::Module {
 public:
  ParallelTransformerLayer(std::int64_t d_model, std::int64_t nhead,
                           const ParallelTransformerOptions& options = {},
                           const Group& group = world(),
                           SourceLocation location = SourceLocation::current());
  ParallelAttention self_attn;
  ColumnLinear linear1;
  RowLinear linear2;
  SequenceParallelLayerNorm norm1, norm2;

 private:
  ParallelTransformerLayer(const nn::TransformerEncoderLayer& layer, std::int64_t nhead,
                           const ParallelTransformerOptions& options, const Group& group,
                           SourceLocation location);
  Tensor forward(const Tensor& x) override;
  Tensor (*activation_)(In x);
};

}  // namespace tinygrad::distributed
