// SPDX-License-Identifier: MIT
// AutoencoderKL: pictures to latents of an eighth of their height and width, and back (Rombach et
// al. 2022, https://arxiv.org/abs/2112.10752; Kingma and Welling 2014). States have the names of
// Hugging Face's diffusers: decoder.mid_block.attentions.0.to_q.weight.
#pragma once
#include <string>

#include "tinygrad/models/unet_blocks.h"

namespace tinygrad::models {

/// The names are those of config.json; the defaults are Stable Diffusion 1.5's. Each stage but the
/// last halves height and width.
struct AutoencoderKLOptions {
  std::int64_t in_channels = 3, out_channels = 3, latent_channels = 4;
  std::vector<std::int64_t> block_out_channels = {128, 256, 512, 512};
  std::int64_t layers_per_block = 2, norm_num_groups = 32;
  double scaling_factor = 0.18215;  ///< a diffusion model reads latents times this
  /// How often height and width of the latents fit into those of the picture.
  std::int64_t downscale() const { return std::int64_t(1) << (block_out_channels.size() - 1); }
};

class TINYGRAD_API Encoder : public nn::Module {
 public:
  explicit Encoder(const AutoencoderKLOptions& options);
  nn::Conv2d conv_in;
  nn::ModuleList<DownBlock> down_blocks;
  MidBlock<PixelAttention> mid_block;
  nn::GroupNorm conv_norm_out;
  nn::Conv2d conv_out;

 private:
  Tensor forward(const Tensor& x) override;
};

class TINYGRAD_API Decoder : public nn::Module {
 public:
  explicit Decoder(const AutoencoderKLOptions& options);
  nn::Conv2d conv_in;
  nn::ModuleList<UpBlock> up_blocks;
  MidBlock<PixelAttention> mid_block;
  nn::GroupNorm conv_norm_out;
  nn::Conv2d conv_out;

 private:
  Tensor forward(const Tensor& z) override;
};

/// The distribution of the latents of pictures: each [N, latent_channels, H / f, W / f].
struct DiagonalGaussian {
  Tensor mean, logvar;
  Tensor sample() const;  ///< mean + exp(logvar / 2) randn
  Tensor kl() const;      ///< KL to the standard normal distribution, summed for each sample: [N]
};

class TINYGRAD_API AutoencoderKL : public nn::Module {
 public:
  /// Throws ArgumentError for sizes that do not fit together.
  explicit AutoencoderKL(const AutoencoderKLOptions& options = {},
                         SourceLocation location = SourceLocation::current());
  /// x [N, in_channels, H, W] in [-1, 1]; H and W must be multiples of options.downscale().
  DiagonalGaussian encode(In x);
  /// z [N, latent_channels, h, w] -> [N, out_channels, f h, f w] in about [-1, 1].
  Tensor decode(In z);

  const AutoencoderKLOptions options;
  Encoder encoder;
  Decoder decoder;
  nn::Conv2d quant_conv, post_quant_conv;

 private:
  Tensor forward(const Tensor& x) override;  ///< decode(encode(x).mean)
};

/// The model of a folder; see load_unet().
TINYGRAD_API AutoencoderKL load_autoencoder(const std::string& folder,
                                            std::optional<DType> dtype = {},
                                            SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::models
