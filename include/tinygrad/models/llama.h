// SPDX-License-Identifier: MIT
// Decoders of the Llama family (Touvron et al. 2023, https://arxiv.org/abs/2302.13971): Llama, and
// what differs from it in an option, Qwen2 (biases) and Mistral (a sliding window). States have the
// names of Hugging Face's transformers: model.layers.0.self_attn.q_proj.weight.
#pragma once
#include <optional>

#include "tinygrad/gguf/gguf.h"
#include "tinygrad/models/causal_lm.h"
#include "tinygrad/models/weight_matrix.h"
#include "tinygrad/nn/container.h"
#include "tinygrad/nn/norm.h"

namespace tinygrad::models {

/// The names are those of config.json.
struct LlamaOptions {
  std::int64_t vocab_size = 32000, hidden_size = 4096, intermediate_size = 11008;
  std::int64_t num_hidden_layers = 32, num_attention_heads = 32;
  std::int64_t num_key_value_heads = 0;  ///< 0: as many as there are heads
  std::int64_t head_dim = 0;             ///< 0: hidden_size / num_attention_heads
  std::int64_t max_position_embeddings = 2048;
  std::int64_t sliding_window = 0;  ///< a position sees so many, itself included; 0: all before it
  double rms_norm_eps = 1e-6, rope_theta = 10000;
  bool tie_word_embeddings = false;  ///< the output map is the transposed embedding
  bool qkv_bias = false, o_bias = false, mlp_bias = false;
  /// The matrices stay in the blocks of a GGUF file: there are no parameters for them.
  bool quantized = false;
};

/// y = o(attention(rope(q(x)), rope(k(x)), v(x))), with fewer heads of keys and values than of
/// queries (grouped-query attention) if num_key_value_heads says so.  x, y [N, L, hidden_size].
class TINYGRAD_API LlamaAttention : public nn::Module {
 public:
  explicit LlamaAttention(const LlamaOptions& options);
  Tensor operator()(In x, KvCache* cache, std::int64_t layer);
  WeightMatrix q_proj, k_proj, v_proj, o_proj;

 private:
  LlamaOptions options_;
};

/// y = down(silu(gate(x)) * up(x)): SwiGLU (Shazeer 2020).
class TINYGRAD_API LlamaMLP : public nn::Module {
 public:
  explicit LlamaMLP(const LlamaOptions& options);
  WeightMatrix gate_proj, up_proj, down_proj;

 private:
  Tensor forward(const Tensor& x) override;
};

/// h = x + attention(norm(x)); y = h + mlp(norm(h)).
class TINYGRAD_API LlamaLayer : public nn::Module {
 public:
  explicit LlamaLayer(const LlamaOptions& options);
  Tensor operator()(In x, KvCache* cache, std::int64_t layer);
  LlamaAttention self_attn;
  LlamaMLP mlp;
  nn::RMSNorm input_layernorm, post_attention_layernorm;
};

class TINYGRAD_API LlamaModel : public nn::Module {
 public:
  explicit LlamaModel(const LlamaOptions& options);
  Tensor operator()(In ids, KvCache* cache);
  WeightMatrix embed_tokens;
  nn::ModuleList<LlamaLayer> layers;
  nn::RMSNorm norm;
};

class TINYGRAD_API Llama : public CausalLM {
 public:
  /// Throws ArgumentError for sizes that do not fit together.
  explicit Llama(const LlamaOptions& options, SourceLocation location = SourceLocation::current());
  Tensor hidden_states(In ids, KvCache* cache = nullptr) override;
  Tensor logits(In hidden_states) override;
  KvCache make_cache(std::int64_t capacity, std::int64_t batch = 1) const override;
  std::int64_t max_positions() const override { return options.max_position_embeddings; }
  /// All weight matrices with their names in a state, without ".weight".
  std::vector<std::pair<std::string, WeightMatrix*>> weight_matrices();

  const LlamaOptions options;
  LlamaModel model;
  std::optional<WeightMatrix> lm_head;  ///< unless tie_word_embeddings
};

struct GgufOptions {
  /// Keep the blocks of the file, which computes as gguf::linear() does: matrices of Q8_0, Q4_0 and
  /// Q4_1 as they are, those of other types rounded to Q8_0. Otherwise all weights are decoded.
  bool quantized = false;
};
/// Reads the sizes of a model from the metadata of a GGUF file of the architecture "llama" (Llama,
/// Mistral, SmolLM) or "qwen2". Throws IoError for another, or a part that is not known.
TINYGRAD_API LlamaOptions llama_options(const gguf::File& file,
                                        SourceLocation location = SourceLocation::current());
/// The model of a GGUF file, on the default device, in evaluation mode. Throws IoError.
TINYGRAD_API Llama load_llama(const gguf::File& file, const GgufOptions& options = {},
                              SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::models
