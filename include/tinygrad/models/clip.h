// SPDX-License-Identifier: MIT
// CLIPTextModel: the text encoder of CLIP (Radford et al. 2021, https://arxiv.org/abs/2103.00020),
// which Stable Diffusion reads prompts with. States have the names of Hugging Face's transformers:
// encoder.layers.0.self_attn.q_proj.weight.
#pragma once
#include <optional>
#include <string>

#include "tinygrad/nn/container.h"
#include "tinygrad/nn/embedding.h"
#include "tinygrad/nn/linear.h"
#include "tinygrad/nn/norm.h"

namespace tinygrad::models {

/// The names are those of config.json; the defaults are Stable Diffusion 1.5's.
struct CLIPTextOptions {
  std::int64_t vocab_size = 49408, hidden_size = 768, intermediate_size = 3072;
  std::int64_t num_hidden_layers = 12, num_attention_heads = 12, max_position_embeddings = 77;
  double layer_norm_eps = 1e-5;
  bool quick_gelu = true;  ///< "hidden_act"; false: gelu
};

class TINYGRAD_API CLIPTextEmbeddings : public nn::Module {
 public:
  explicit CLIPTextEmbeddings(const CLIPTextOptions& options);
  nn::Embedding token_embedding, position_embedding;

 private:
  Tensor forward(const Tensor& ids) override;
};

/// Attention of each position to those before it and to itself. x, y [N, L, hidden_size].
class TINYGRAD_API CLIPAttention : public nn::Module {
 public:
  explicit CLIPAttention(const CLIPTextOptions& options);
  nn::Linear k_proj, v_proj, q_proj, out_proj;

 private:
  Tensor forward(const Tensor& x) override;
  std::int64_t heads_;
};

class TINYGRAD_API CLIPMLP : public nn::Module {
 public:
  explicit CLIPMLP(const CLIPTextOptions& options);
  nn::Linear fc1, fc2;

 private:
  Tensor forward(const Tensor& x) override;
  bool quick_;
};

/// h = x + self_attn(layer_norm1(x)); y = h + mlp(layer_norm2(h)).
class TINYGRAD_API CLIPEncoderLayer : public nn::Module {
 public:
  explicit CLIPEncoderLayer(const CLIPTextOptions& options);
  CLIPAttention self_attn;
  nn::LayerNorm layer_norm1;
  CLIPMLP mlp;
  nn::LayerNorm layer_norm2;

 private:
  Tensor forward(const Tensor& x) override;
};

class TINYGRAD_API CLIPEncoder : public nn::Module {
 public:
  explicit CLIPEncoder(const CLIPTextOptions& options);
  nn::ModuleList<CLIPEncoderLayer> layers;

 private:
  Tensor forward(const Tensor& x) override;
};

class TINYGRAD_API CLIPTextModel : public nn::Module {
 public:
  /// Throws ArgumentError for sizes that do not fit together.
  explicit CLIPTextModel(const CLIPTextOptions& options = {},
                         SourceLocation location = SourceLocation::current());

  const CLIPTextOptions options;
  CLIPTextEmbeddings embeddings;
  CLIPEncoder encoder;
  nn::LayerNorm final_layer_norm;

 private:
  /// ids int64 [N, L], L <= max_position_embeddings -> the last hidden states [N, L, hidden_size].
  Tensor forward(const Tensor& ids) override;
};

/// The model of a folder with config.json and model.safetensors; see load_unet().
TINYGRAD_API CLIPTextModel
load_clip_text_model(const std::string& folder, std::optional<DType> dtype = {},
                     SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::models
