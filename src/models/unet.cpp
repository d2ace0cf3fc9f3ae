// SPDX-License-Identifier: MIT
// The network of Stable Diffusion that finds the noise in latents.
#include "tinygrad/models/unet.h"

#include <algorithm>
#include <cmath>

#include "conv.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

UNet2DConditionOptions checked(const UNet2DConditionOptions& o, SourceLocation location) {
  const Call call{"UNet2DConditionModel", location};
  require(!o.block_out_channels.empty() && o.block_out_channels.size() <= 16 &&
              o.block_out_channels.size() == o.down_block_types.size() && o.layers_per_block > 0,
          call, o.down_block_types.size(), " blocks with ", o.block_out_channels.size(),
          " block_out_channels and ", o.layers_per_block, " layers do not fit together");
  for (const std::string& type : o.down_block_types)
    require(type == "CrossAttnDownBlock2D" || type == "DownBlock2D", call, "the block ",
            in_quotes(type), " is not known; CrossAttnDownBlock2D and DownBlock2D are");
  return o;
}

BlockOptions block_options(const UNet2DConditionOptions& o) {
  return {.time_channels = 4 * o.block_out_channels[0],
          .norm_num_groups = o.norm_num_groups,
          .norm_eps = o.norm_eps,
          .dropout = o.dropout,
          .heads = o.attention_head_dim,
          .cross_attention_dim = o.cross_attention_dim};
}

bool has_attention(const UNet2DConditionOptions& o, std::size_t i) {
  return o.down_block_types[i] == "CrossAttnDownBlock2D";
}

/// The block of stage i: it reads what the stage below computes (or the middle), and the results of
/// the layers and the input of the down block i.
UpBlock up_block(const UNet2DConditionOptions& o, std::size_t i) {
  const auto& channels = o.block_out_channels;
  const std::int64_t out = channels[i], below = channels[std::min(i + 1, channels.size() - 1)],
                     above = channels[i > 0 ? i - 1 : 0];
  UpBlock::Options own{.out = out, .has_attention = has_attention(o, i), .has_upsampler = i > 0};
  for (std::int64_t layer = 0; layer <= o.layers_per_block; ++layer)
    own.in.push_back((layer == 0 ? below : out) + (layer == o.layers_per_block ? above : out));
  return UpBlock(own, block_options(o));
}

}  // namespace

Tensor timestep_embedding(In t, std::int64_t dim) {
  require(dim > 0 && dim % 2 == 0, Call{"timestep_embedding", t.location},
          "the dimension must be even, got ", dim);
  const Tensor exponents = arange(0, dim / 2, 1, {.dtype = float32, .device = t->device()}),
               frequencies = exp(exponents * (-2 * std::log(10000.) / double(dim))),
               angles = t->to(float32).reshape({t->numel(), 1}) * frequencies;
  return cat({cos(angles), sin(angles)}, 1);
}

TimestepEmbedding::TimestepEmbedding(std::int64_t in, std::int64_t out)
    : linear_1(add("linear_1", nn::Linear(in, out))),
      linear_2(add("linear_2", nn::Linear(out, out))) {}
Tensor TimestepEmbedding::forward(const Tensor& x) { return linear_2(silu(linear_1(x))); }

UNet2DConditionModel::UNet2DConditionModel(const UNet2DConditionOptions& o, SourceLocation location)
    : options(checked(o, location)),
      conv_in(add("conv_in", conv(o.in_channels, o.block_out_channels[0]))),
      time_embedding(add("time_embedding",
                         TimestepEmbedding(o.block_out_channels[0], 4 * o.block_out_channels[0]))),
      down_blocks(add("down_blocks", nn::ModuleList<DownBlock>())),
      up_blocks(add("up_blocks", nn::ModuleList<UpBlock>())),
      mid_block(add("mid_block",
                    MidBlock<Transformer2DModel>(o.block_out_channels.back(), block_options(o)))),
      conv_norm_out(add("conv_norm_out", nn::GroupNorm(o.norm_num_groups, o.block_out_channels[0],
                                                       {.eps = o.norm_eps}))),
      conv_out(add("conv_out", conv(o.block_out_channels[0], o.out_channels))) {
  const std::size_t stages = o.block_out_channels.size();
  for (std::size_t i = 0; i < stages; ++i)
    down_blocks.push_back(DownBlock({.in = o.block_out_channels[i > 0 ? i - 1 : 0],
                                     .out = o.block_out_channels[i],
                                     .layers = o.layers_per_block,
                                     .has_attention = has_attention(o, i),
                                     .has_downsampler = i + 1 < stages},
                                    block_options(o)));
  for (std::size_t i = stages; i-- > 0;) up_blocks.push_back(up_block(o, i));
}

Tensor UNet2DConditionModel::operator()(In sample, In timestep, In text) {
  const Tensor& x = *sample;
  const std::int64_t n = x.dim() == 4 ? x.size(0) : 0;
  require<ShapeError>(x.dim() == 4 && (timestep->numel() == 1 || timestep->numel() == n),
                      Call{"UNet2DConditionModel", sample.location},
                      "expected a sample [N, C, H, W] and timesteps [N] or [], got ", x.shape(),
                      " and ", timestep->shape());
  return run(sample.location, [&] {
    const Tensor embedded = timestep_embedding(*timestep, options.block_out_channels[0]),
                 time = time_embedding(embedded.to(x.dtype()));
    Tensor h = conv_in(x);
    std::vector<Tensor> skips = {h};
    for (DownBlock& block : down_blocks) {
      const std::vector<Tensor> outputs = block(skips.back(), time, *text);
      skips.insert(skips.end(), outputs.begin(), outputs.end());
    }
    h = mid_block(skips.back(), time, *text);
    for (UpBlock& block : up_blocks) h = block(h, &skips, time, *text);
    return conv_out(silu(conv_norm_out(h)));
  });
}

}  // namespace tinygrad::models
