// SPDX-License-Identifier: MIT
// UNet2DConditionModel: the network of Stable Diffusion (Rombach et al. 2022,
// https://arxiv.org/abs/2112.10752) that finds the noise in latents, given the time and a text.
#pragma once
#include <string>

#include "tinygrad/models/unet_blocks.h"

namespace tinygrad::models {

/// sin and cos of t f_i with f_i = 10000^(-2i / dim): [N, dim] for t [N], the cosines first.
TINYGRAD_API Tensor timestep_embedding(In t, std::int64_t dim);

/// linear_2(silu(linear_1(x))).
class TINYGRAD_API TimestepEmbedding : public nn::Module {
 public:
  TimestepEmbedding(std::int64_t in, std::int64_t out);
  nn::Linear linear_1, linear_2;

 private:
  Tensor forward(const Tensor& x) override;
};

/// The names are those of config.json; the defaults are Stable Diffusion 1.5's.
struct UNet2DConditionOptions {
  std::int64_t in_channels = 4, out_channels = 4;
  std::int64_t sample_size = 64;  ///< the usual height and width of the latents
  std::vector<std::int64_t> block_out_channels = {320, 640, 1280, 1280};
  /// For each of block_out_channels, "CrossAttnDownBlock2D" or "DownBlock2D"; the blocks of the
  /// second half mirror them.
  std::vector<std::string> down_block_types = {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                                               "CrossAttnDownBlock2D", "DownBlock2D"};
  std::int64_t layers_per_block = 2, cross_attention_dim = 768;
  std::int64_t attention_head_dim = 8;  ///< in spite of its name, how many heads there are
  std::int64_t norm_num_groups = 32;
  double norm_eps = 1e-5, dropout = 0;
};

class TINYGRAD_API UNet2DConditionModel : public nn::Module {
 public:
  /// Throws ArgumentError for sizes that do not fit together.
  explicit UNet2DConditionModel(const UNet2DConditionOptions& options = {},
                                SourceLocation location = SourceLocation::current());
  /// sample [N, in_channels, H, W], timestep [N] or [], text [N, S, cross_attention_dim] ->
  /// [N, out_channels, H, W], which PredictionType explains.
  Tensor operator()(In sample, In timestep, In text);

  const UNet2DConditionOptions options;
  nn::Conv2d conv_in;
  TimestepEmbedding time_embedding;
  nn::ModuleList<DownBlock> down_blocks;
  nn::ModuleList<UpBlock> up_blocks;
  MidBlock<Transformer2DModel> mid_block;
  nn::GroupNorm conv_norm_out;
  nn::Conv2d conv_out;
};

/// The model of a folder with config.json and diffusion_pytorch_model.safetensors (or
/// ….fp16.safetensors), in evaluation mode on the default device, with weights of this dtype or, if
/// it is not given, of the file's. While it is built, the default device of the process is
/// "meta": no other thread may make tensors there. Throws IoError.
TINYGRAD_API UNet2DConditionModel load_unet(const std::string& folder,
                                            std::optional<DType> dtype = {},
                                            SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::models
