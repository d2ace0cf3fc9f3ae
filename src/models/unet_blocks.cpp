// SPDX-License-Identifier: MIT
// The blocks of the denoising network and of the autoencoder of pictures.
#include "tinygrad/models/unet_blocks.h"

#include "attention.h"
#include "conv.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

nn::GroupNorm norm_of(std::int64_t channels, const BlockOptions& o, double eps) {
  return nn::GroupNorm(o.norm_num_groups, channels, {.eps = eps});
}
/// [N, C, H, W] -> [N, H W, C], and back to the shape of `like`.
Tensor pixels_as_rows(const Tensor& x) { return flatten(x, 2).transpose(1, 2); }
Tensor rows_as_pixels(const Tensor& rows, const Tensor& like) {
  return rows.transpose(1, 2).reshape(like.shape());
}

}  // namespace

ResnetBlock2D::ResnetBlock2D(std::int64_t in, std::int64_t out, const BlockOptions& o)
    : norm1(add("norm1", norm_of(in, o, o.norm_eps))),
      conv1(add("conv1", conv(in, out))),
      norm2(add("norm2", norm_of(out, o, o.norm_eps))),
      dropout(add("dropout", nn::Dropout(o.dropout))),
      conv2(add("conv2", conv(out, out))) {
  if (o.time_channels > 0)
    time_emb_proj.emplace(add("time_emb_proj", nn::Linear(o.time_channels, out)));
  if (in != out) conv_shortcut.emplace(add("conv_shortcut", conv(in, out, 1)));
}

Tensor ResnetBlock2D::operator()(In x, In time) {
  return run(x.location, [&] {
    Tensor h = conv1(silu(norm1(*x)));
    if (time_emb_proj) h = h + (*time_emb_proj)(silu(*time)).unsqueeze(2).unsqueeze(3);
    h = conv2(dropout(silu(norm2(h))));
    return (conv_shortcut ? (*conv_shortcut)(*x) : *x) + h;
  });
}

Downsample2D::Downsample2D(std::int64_t channels, int padding)
    : conv(add("conv", models::conv(channels, channels, 3, 2, padding))), pads_(padding == 0) {}
Tensor Downsample2D::forward(const Tensor& x) { return conv(pads_ ? pad(x, {0, 1, 0, 1}) : x); }

Upsample2D::Upsample2D(std::int64_t channels)
    : conv(add("conv", models::conv(channels, channels))) {}
Tensor Upsample2D::operator()(In x, In like) {
  return run(x.location, [&] {
    const Dims size =
        like.defined() ? Dims{like->size(2), like->size(3)} : Dims{2 * x->size(2), 2 * x->size(3)};
    return conv(interpolate(*x, {.size = size}));
  });
}

// -------------------------------------------------------------- attention

Attention::Attention(std::int64_t dim, std::int64_t context_dim, std::int64_t heads, bool bias)
    : to_q(add("to_q", nn::Linear(dim, dim, {.bias = bias}))),
      to_k(add("to_k", nn::Linear(context_dim, dim, {.bias = bias}))),
      to_v(add("to_v", nn::Linear(context_dim, dim, {.bias = bias}))),
      to_out(add("to_out", nn::ModuleList<nn::Linear>(nn::Linear(dim, dim)))),
      heads_(heads) {
  require(heads > 0 && dim % heads == 0, "Attention", dim, " channels cannot be split into ", heads,
          " heads");
}
Tensor Attention::operator()(In x, In context) {
  return run(x.location, [&] {
    const Tensor& from = context.defined() ? *context : *x;
    const auto heads = [&](const Tensor& rows) { return split_heads(rows, heads_); };
    const Tensor y =
        scaled_dot_product_attention(heads(to_q(*x)), heads(to_k(from)), heads(to_v(from)));
    return to_out[0](y.transpose(1, 2).reshape(x->shape()));
  });
}

PixelAttention::PixelAttention(std::int64_t channels, const BlockOptions& o)
    : Attention(channels, channels, 1, /*bias=*/true),
      group_norm(add("group_norm", norm_of(channels, o, o.norm_eps))) {}
Tensor PixelAttention::operator()(In x, In context) {
  return *x + rows_as_pixels(Attention::operator()(pixels_as_rows(group_norm(*x)), *context), *x);
}

GEGLU::GEGLU(std::int64_t in, std::int64_t out) : proj(add("proj", nn::Linear(in, 2 * out))) {}
Tensor GEGLU::forward(const Tensor& x) {
  const auto halves = chunk(proj(x), 2, -1);
  return halves[0] * gelu(halves[1]);
}

FeedForward::FeedForward(std::int64_t dim, double dropout)
    : net(add("net", nn::Sequential(GEGLU(dim, 4 * dim), nn::Dropout(dropout),
                                    nn::Linear(4 * dim, dim)))) {}
Tensor FeedForward::forward(const Tensor& x) { return net(x); }

BasicTransformerBlock::BasicTransformerBlock(std::int64_t dim, const BlockOptions& o)
    : norm1(add("norm1", nn::LayerNorm(Shape{dim}))),
      attn1(add("attn1", Attention(dim, dim, o.heads))),
      norm2(add("norm2", nn::LayerNorm(Shape{dim}))),
      attn2(add("attn2", Attention(dim, o.cross_attention_dim, o.heads))),
      norm3(add("norm3", nn::LayerNorm(Shape{dim}))),
      ff(add("ff", FeedForward(dim, o.dropout))) {}
Tensor BasicTransformerBlock::operator()(In x, In context) {
  return run(x.location, [&] {
    Tensor h = *x + attn1(norm1(*x));
    h = h + attn2(norm2(h), *context);
    return h + ff(norm3(h));
  });
}

Transformer2DModel::Transformer2DModel(std::int64_t channels, const BlockOptions& o)
    : norm(add("norm", norm_of(channels, o, 1e-6))),
      proj_in(add("proj_in", conv(channels, channels, 1))),
      transformer_blocks(add("transformer_blocks", nn::ModuleList<BasicTransformerBlock>(
                                                       BasicTransformerBlock(channels, o)))),
      proj_out(add("proj_out", conv(channels, channels, 1))) {}
Tensor Transformer2DModel::operator()(In x, In context) {
  return run(x.location, [&] {
    const Tensor rows = pixels_as_rows(proj_in(norm(*x)));
    return *x + proj_out(rows_as_pixels(transformer_blocks[0](rows, *context), *x));
  });
}

// -------------------------------------------------------------- stages

DownBlock::DownBlock(const Options& own, const BlockOptions& o)
    : attentions(add("attentions", nn::ModuleList<Transformer2DModel>())),
      resnets(add("resnets", nn::ModuleList<ResnetBlock2D>())),
      downsamplers(add("downsamplers", nn::ModuleList<Downsample2D>())) {
  for (std::int64_t i = 0; i < own.layers; ++i) {
    resnets.push_back(ResnetBlock2D(i == 0 ? own.in : own.out, own.out, o));
    if (own.has_attention) attentions.push_back(Transformer2DModel(own.out, o));
  }
  if (own.has_downsampler) downsamplers.push_back(Downsample2D(own.out, own.padding));
}
std::vector<Tensor> DownBlock::operator()(In x, In time, In context) {
  return run(x.location, [&] {
    std::vector<Tensor> outputs;
    Tensor h = *x;
    for (std::size_t i = 0; i < resnets.size(); ++i) {
      h = resnets[i](h, *time);
      if (attentions.size() > 0) h = attentions[i](h, *context);
      outputs.push_back(h);
    }
    if (downsamplers.size() > 0) outputs.push_back(downsamplers[0](h));
    return outputs;
  });
}

UpBlock::UpBlock(const Options& own, const BlockOptions& o)
    : attentions(add("attentions", nn::ModuleList<Transformer2DModel>())),
      resnets(add("resnets", nn::ModuleList<ResnetBlock2D>())),
      upsamplers(add("upsamplers", nn::ModuleList<Upsample2D>())) {
  for (const std::int64_t in : own.in) {
    resnets.push_back(ResnetBlock2D(in, own.out, o));
    if (own.has_attention) attentions.push_back(Transformer2DModel(own.out, o));
  }
  if (own.has_upsampler) upsamplers.push_back(Upsample2D(own.out));
}
Tensor UpBlock::operator()(In x, std::vector<Tensor>* skips, In time, In context) {
  return run(x.location, [&] {
    Tensor h = *x;
    for (std::size_t i = 0; i < resnets.size(); ++i) {
      if (skips) h = cat({h, skips->back()}, 1), skips->pop_back();
      h = resnets[i](h, *time);
      if (attentions.size() > 0) h = attentions[i](h, *context);
    }
    if (upsamplers.size() > 0) h = upsamplers[0](h, skips ? skips->back() : Tensor());
    return h;
  });
}

}  // namespace tinygrad::models
