// SPDX-License-Identifier: MIT
// The blocks of UNet2DConditionModel and AutoencoderKL: residual blocks, attention to pixels and to
// a text, and the stages that are made of them. States have the names of Hugging Face's diffusers:
// attentions.0.transformer_blocks.0.attn1.to_q.weight.
#pragma once
#include <optional>
#include <vector>

#include "tinygrad/nn/container.h"
#include "tinygrad/nn/conv.h"
#include "tinygrad/nn/linear.h"
#include "tinygrad/nn/norm.h"

namespace tinygrad::models {

struct BlockOptions {
  std::int64_t time_channels = 0;  ///< of the embedded timestep; 0: there is none
  std::int64_t norm_num_groups = 32;
  double norm_eps = 1e-5, dropout = 0;
  std::int64_t heads = 8, cross_attention_dim = 0;
};

/// h = conv1(silu(norm1(x))) + time_emb_proj(silu(time)); y = x' + conv2(silu(norm2(h))), where x'
/// is x, or x brought to the channels of y by a 1x1 convolution. x [N, in, H, W], time
/// [N, time_channels], y [N, out, H, W].
class TINYGRAD_API ResnetBlock2D : public nn::Module {
 public:
  ResnetBlock2D(std::int64_t in, std::int64_t out, const BlockOptions& options);
  Tensor operator()(In x, In time = {});
  nn::GroupNorm norm1;
  nn::Conv2d conv1;
  std::optional<nn::Linear> time_emb_proj;
  nn::GroupNorm norm2;
  nn::Dropout dropout;
  nn::Conv2d conv2;
  std::optional<nn::Conv2d> conv_shortcut;
};

/// Half the height and width, by a convolution of stride 2. padding 1 is on every side; padding 0
/// adds a row below and a column at the right.
class TINYGRAD_API Downsample2D : public nn::Module {
 public:
  explicit Downsample2D(std::int64_t channels, int padding = 1);
  nn::Conv2d conv;

 private:
  Tensor forward(const Tensor& x) override;
  bool pads_;
};

/// The nearest pixel of x, and a convolution: to the size of `like` [N, C, H, W], or to twice that
/// of x.
class TINYGRAD_API Upsample2D : public nn::Module {
 public:
  explicit Upsample2D(std::int64_t channels);
  Tensor operator()(In x, In like = {});
  nn::Conv2d conv;
};

/// softmax(q kᵀ / √E) v for each head, with q from x [N, L, dim], k and v from the context
/// [N, S, context_dim], or from x. Scores are never all in memory: see
/// scaled_dot_product_attention.
class TINYGRAD_API Attention : public nn::Module {
 public:
  Attention(std::int64_t dim, std::int64_t context_dim, std::int64_t heads, bool bias = false);
  Tensor operator()(In x, In context = {});
  nn::Linear to_q, to_k, to_v;
  nn::ModuleList<nn::Linear> to_out;

 private:
  std::int64_t heads_;
};

/// x + attention(group_norm(x)) of pixels to each other, with one head. x [N, C, H, W].
class TINYGRAD_API PixelAttention : public Attention {
 public:
  PixelAttention(std::int64_t channels, const BlockOptions& options);
  Tensor operator()(In x, In context = {});  ///< the context must be undefined
  nn::GroupNorm group_norm;
};

/// a gelu(b) for the halves a and b of proj(x). Shazeer 2020, https://arxiv.org/abs/2002.05202.
class TINYGRAD_API GEGLU : public nn::Module {
 public:
  GEGLU(std::int64_t in, std::int64_t out);
  nn::Linear proj;

 private:
  Tensor forward(const Tensor& x) override;
};

class TINYGRAD_API FeedForward : public nn::Module {
 public:
  FeedForward(std::int64_t dim, double dropout);
  nn::Sequential net;

 private:
  Tensor forward(const Tensor& x) override;
};

/// x += attn1(norm1(x)); x += attn2(norm2(x), context); x += ff(norm3(x)).  x [N, L, dim].
class TINYGRAD_API BasicTransformerBlock : public nn::Module {
 public:
  BasicTransformerBlock(std::int64_t dim, const BlockOptions& options);
  Tensor operator()(In x, In context);
  nn::LayerNorm norm1;
  Attention attn1;
  nn::LayerNorm norm2;
  Attention attn2;
  nn::LayerNorm norm3;
  FeedForward ff;
};

/// x + proj_out(block(proj_in(norm(x)))), with pixels as rows. x [N, C, H, W], context
/// [N, S, cross_attention_dim].
class TINYGRAD_API Transformer2DModel : public nn::Module {
 public:
  Transformer2DModel(std::int64_t channels, const BlockOptions& options);
  Tensor operator()(In x, In context);
  nn::GroupNorm norm;
  nn::Conv2d proj_in;
  nn::ModuleList<BasicTransformerBlock> transformer_blocks;
  nn::Conv2d proj_out;
};

/// Layers of a ResnetBlock2D and, if has_attention, a Transformer2DModel, and in the end a
/// Downsample2D if has_downsampler: DownBlock2D, CrossAttnDownBlock2D and DownEncoderBlock2D.
class TINYGRAD_API DownBlock : public nn::Module {
 public:
  struct Options {
    std::int64_t in = 0, out = 0, layers = 1;
    bool has_attention = false, has_downsampler = true;
    int padding = 1;  ///< of the Downsample2D
  };
  DownBlock(const Options& own, const BlockOptions& options);
  /// What each layer and the downsampler compute; the last one is the block's result.
  std::vector<Tensor> operator()(In x, In time = {}, In context = {});
  nn::ModuleList<Transformer2DModel> attentions;
  nn::ModuleList<ResnetBlock2D> resnets;
  nn::ModuleList<Downsample2D> downsamplers;
};

/// ResnetBlock2D, attention, ResnetBlock2D; the attention is a PixelAttention or a
/// Transformer2DModel.
template <class A> class MidBlock : public nn::Module {
 public:
  MidBlock(std::int64_t channels, const BlockOptions& options)
      : attentions(add("attentions", nn::ModuleList<A>(A(channels, options)))),
        resnets(add("resnets",
                    nn::ModuleList<ResnetBlock2D>(ResnetBlock2D(channels, channels, options),
                                                  ResnetBlock2D(channels, channels, options)))) {}
  Tensor operator()(In x, In time = {}, In context = {}) {
    return run(x.location,
               [&] { return resnets[1](attentions[0](resnets[0](*x, *time), *context), *time); });
  }
  nn::ModuleList<A> attentions;
  nn::ModuleList<ResnetBlock2D> resnets;
};

/// Layers of a ResnetBlock2D and, if has_attention, a Transformer2DModel, and in the end an
/// Upsample2D if has_upsampler: UpBlock2D, CrossAttnUpBlock2D and UpDecoderBlock2D.
class TINYGRAD_API UpBlock : public nn::Module {
 public:
  struct Options {
    std::vector<std::int64_t> in = {};  ///< the channels of each layer's input
    std::int64_t out = 0;
    bool has_attention = false, has_upsampler = true;
  };
  UpBlock(const Options& own, const BlockOptions& options);
  /// Each layer reads x and the last of `skips` together, and removes it; nothing is read if
  /// `skips` is null. The result has the size of the last one that is left.
  Tensor operator()(In x, std::vector<Tensor>* skips = nullptr, In time = {}, In context = {});
  nn::ModuleList<Transformer2DModel> attentions;
  nn::ModuleList<ResnetBlock2D> resnets;
  nn::ModuleList<Upsample2D> upsamplers;
};

}  // namespace tinygrad::models
