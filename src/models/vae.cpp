// SPDX-License-Identifier: MIT
// The autoencoder of pictures of Stable Diffusion.
#include "tinygrad/models/vae.h"

#include <algorithm>

#include "conv.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

BlockOptions block_options(const AutoencoderKLOptions& o) {
  return {.norm_num_groups = o.norm_num_groups, .norm_eps = 1e-6};
}
nn::GroupNorm norm_of(std::int64_t channels, const AutoencoderKLOptions& o) {
  return nn::GroupNorm(o.norm_num_groups, channels, {.eps = 1e-6});
}
AutoencoderKLOptions checked(const AutoencoderKLOptions& o, SourceLocation location) {
  const std::size_t stages = o.block_out_channels.size();
  require(stages > 0 && stages <= 16 && o.layers_per_block > 0, Call{"AutoencoderKL", location},
          "expected 1 to 16 stages of at least 1 layer, got ", stages, " of ", o.layers_per_block);
  return o;
}

}  // namespace

Encoder::Encoder(const AutoencoderKLOptions& o)
    : conv_in(add("conv_in", conv(o.in_channels, o.block_out_channels[0]))),
      down_blocks(add("down_blocks", nn::ModuleList<DownBlock>())),
      mid_block(add("mid_block",
                    MidBlock<PixelAttention>(o.block_out_channels.back(), block_options(o)))),
      conv_norm_out(add("conv_norm_out", norm_of(o.block_out_channels.back(), o))),
      conv_out(add("conv_out", conv(o.block_out_channels.back(), 2 * o.latent_channels))) {
  const auto& channels = o.block_out_channels;
  for (std::size_t i = 0; i < channels.size(); ++i)
    down_blocks.push_back(DownBlock({.in = channels[i > 0 ? i - 1 : 0],
                                     .out = channels[i],
                                     .layers = o.layers_per_block,
                                     .has_attention = false,
                                     .has_downsampler = i + 1 < channels.size(),
                                     .padding = 0},
                                    block_options(o)));
}
Tensor Encoder::forward(const Tensor& x) {
  Tensor h = conv_in(x);
  for (DownBlock& block : down_blocks) h = block(h).back();
  return conv_out(silu(conv_norm_out(mid_block(h))));
}

Decoder::Decoder(const AutoencoderKLOptions& o)
    : conv_in(add("conv_in", conv(o.latent_channels, o.block_out_channels.back()))),
      up_blocks(add("up_blocks", nn::ModuleList<UpBlock>())),
      mid_block(add("mid_block",
                    MidBlock<PixelAttention>(o.block_out_channels.back(), block_options(o)))),
      conv_norm_out(add("conv_norm_out", norm_of(o.block_out_channels[0], o))),
      conv_out(add("conv_out", conv(o.block_out_channels[0], o.out_channels))) {
  const auto& channels = o.block_out_channels;
  for (std::size_t i = channels.size(); i-- > 0;) {
    std::vector<std::int64_t> in(std::size_t(o.layers_per_block) + 1, channels[i]);
    in[0] = channels[std::min(i + 1, channels.size() - 1)];
    up_blocks.push_back(
        UpBlock({.in = in, .out = channels[i], .has_attention = false, .has_upsampler = i > 0},
                block_options(o)));
  }
}
Tensor Decoder::forward(const Tensor& z) {
  Tensor h = mid_block(conv_in(z));
  for (UpBlock& block : up_blocks) h = block(h);
  return conv_out(silu(conv_norm_out(h)));
}

Tensor DiagonalGaussian::sample() const { return mean + exp(logvar / 2) * randn_like(mean); }
Tensor DiagonalGaussian::kl() const {
  return sum(flatten(mean * mean + exp(logvar) - 1 - logvar, 1), 1) / 2;
}

AutoencoderKL::AutoencoderKL(const AutoencoderKLOptions& o, SourceLocation location)
    : options(checked(o, location)),
      encoder(add("encoder", Encoder(o))),
      decoder(add("decoder", Decoder(o))),
      quant_conv(add("quant_conv", conv(2 * o.latent_channels, 2 * o.latent_channels, 1))),
      post_quant_conv(add("post_quant_conv", conv(o.latent_channels, o.latent_channels, 1))) {}

DiagonalGaussian AutoencoderKL::encode(In x) {
  const std::int64_t f = options.downscale();
  require<ShapeError>(x->dim() == 4 && x->size(2) % f == 0 && x->size(3) % f == 0,
                      Call{"AutoencoderKL", x.location},
                      "expected pictures [N, C, H, W] with H and W that ", f, " divides, got ",
                      x->shape());
  const Tensor moments = run(x.location, [&] { return quant_conv(encoder(*x)); });
  const auto halves = chunk(moments, 2, 1);
  return {halves[0], clamp(halves[1], -30, 20)};
}
Tensor AutoencoderKL::decode(In z) {
  return run(z.location, [&] { return decoder(post_quant_conv(*z)); });
}
Tensor AutoencoderKL::forward(const Tensor& x) { return decode(encode(x).mean); }

}  // namespace tinygrad::models
