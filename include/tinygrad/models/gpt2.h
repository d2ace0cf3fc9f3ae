// SPDX-License-Identifier: MIT
// GPT-2 (Radford et al. 2019, "Language models are unsupervised multitask learners"). States have
// the names of Hugging Face's transformers: transformer.h.0.attn.c_attn.weight.
#pragma once
#include "tinygrad/models/causal_lm.h"
#include "tinygrad/nn/container.h"
#include "tinygrad/nn/embedding.h"
#include "tinygrad/nn/layers.h"
#include "tinygrad/nn/norm.h"
#include "tinygrad/ops/activation.h"

namespace tinygrad::models {

/// The names are those of config.json.
struct GPT2Options {
  std::int64_t vocab_size = 50257, n_positions = 1024, n_embd = 768, n_layer = 12, n_head = 12;
  std::int64_t n_inner = 0;  ///< 0: 4 n_embd
  double layer_norm_epsilon = 1e-5;
  GeluApproximation gelu = GeluApproximation::tanh;  ///< as in the paper; none is faster to train
  /// Dropout in training: of the embeddings, of the outputs of attention and MLP, and of the
  /// weights of attention, for which all of them must be in memory.
  double embd_pdrop = 0, resid_pdrop = 0, attn_pdrop = 0;
};

/// y = x weight + bias.  x [..., in], weight [in, out]: not transposed, unlike nn::Linear's.
class TINYGRAD_API Conv1D : public nn::Module {
 public:
  Conv1D(std::int64_t in, std::int64_t out);
  nn::Parameter weight, bias;

 private:
  Tensor forward(const Tensor& x) override;
};

/// y = c_proj(attention(q, k, v)) with q, k, v the thirds of c_attn(x).  x, y [N, L, n_embd].
class TINYGRAD_API GPT2Attention : public nn::Module {
 public:
  explicit GPT2Attention(const GPT2Options& options);
  Tensor operator()(In x, KvCache* cache, std::int64_t layer);
  Conv1D c_attn, c_proj;
  nn::Dropout resid_dropout;

 private:
  std::int64_t heads_;
  double attn_pdrop_;
};

/// y = c_proj(gelu(c_fc(x))).
class TINYGRAD_API GPT2MLP : public nn::Module {
 public:
  explicit GPT2MLP(const GPT2Options& options);
  Conv1D c_fc, c_proj;
  nn::Dropout dropout;

 private:
  Tensor forward(const Tensor& x) override;
  GeluApproximation gelu_;
};

/// h = x + attn(ln_1(x)); y = h + mlp(ln_2(h)).
class TINYGRAD_API GPT2Block : public nn::Module {
 public:
  explicit GPT2Block(const GPT2Options& options);
  Tensor operator()(In x, KvCache* cache, std::int64_t layer);
  nn::LayerNorm ln_1;
  GPT2Attention attn;
  nn::LayerNorm ln_2;
  GPT2MLP mlp;
};

/// Weights begin as in the paper: normal of the deviation 0.02, and of those that write to x, 0.02
/// / √(2 n_layer).
class TINYGRAD_API GPT2Model : public nn::Module {
 public:
  explicit GPT2Model(const GPT2Options& options);
  Tensor operator()(In ids, KvCache* cache);
  nn::Embedding wte, wpe;
  nn::Dropout drop;
  nn::ModuleList<GPT2Block> h;
  nn::LayerNorm ln_f;
};

/// The output map is the transposed embedding wte.
class TINYGRAD_API GPT2 : public CausalLM {
 public:
  /// Throws ArgumentError for sizes that do not fit together.
  explicit GPT2(const GPT2Options& options = {},
                SourceLocation location = SourceLocation::current());
  Tensor hidden_states(In ids, KvCache* cache = nullptr) override;
  Tensor logits(In hidden_states) override;
  KvCache make_cache(std::int64_t capacity, std::int64_t batch = 1) const override;
  std::int64_t max_positions() const override { return options.n_positions; }

  const GPT2Options options;
  GPT2Model transformer;
};

}  // namespace tinygrad::models
