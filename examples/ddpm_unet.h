// SPDX-License-Identifier: MIT
// The network of examples/ddpm: a small U-Net that computes the velocity of a noisy picture, given
// the timestep and the class (Ho, Jain and Abbeel 2020; Salimans and Ho 2022). It can be steered by
// outlines (ControlNet: Zhang, Rao and Agrawala 2023) and by low-rank adapters (LoRA: Hu et al.
// 2021).
#pragma once
#include <tinygrad/nn.h>
#include <tinygrad/ops.h>

#include <array>
#include <cmath>
#include <optional>

namespace ddpm {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;

struct Sizes {
  int channels = 24;  ///< of the finest level; then twice and four times as many
  int colors = 1;     ///< channels of the pictures
  int side = 28;      ///< height and width of the pictures, a multiple of 4
  int classes = 10;
  bool control = false;  ///< has a branch for outlines
  int rank = 0;          ///< of the adapters; 0: none
};

/// A convolution with zeros around the picture, and with the adapter of LoRA if rank > 0: its
/// weight is W + B A for B [out, rank] and A [rank, in k k]. B is zero at first, so that nothing
/// changes before it is trained.
struct Conv : nn::Conv2d {
  Conv(int in, int out, int rank, int kernel = 3, int stride_ = 1)
      : nn::Conv2d(in, out, kernel, {.stride = stride_, .padding = kernel / 2}),
        stride(stride_),
        padding(kernel / 2) {
    if (rank == 0) return;
    b.emplace(add("lora_b", tg::zeros({out, rank})));
    const double bound = 1 / std::sqrt(double(in * kernel * kernel));
    a.emplace(add("lora_a", tg::uniform(-bound, bound, {rank, in * kernel * kernel})));
  }
  std::optional<nn::Parameter> b, a;
  int stride, padding;

  tg::Tensor forward(const tg::Tensor& x) override {
    const tg::Tensor w = b ? weight + reshape(matmul(*b, *a), weight.shape()) : tg::Tensor(weight);
    return conv2d(x, w, bias, {.stride = stride, .padding = padding});
  }
};

/// A layer whose weight and bias are zero at first: what it is added to stays what it is.
template <class Layer> Layer zero(Layer layer) {
  nn::init::zeros_(layer.weight), nn::init::zeros_(layer.bias);
  return layer;
}

/// x [N, in, H, W] and the embedding e [N, E] of timestep and class -> [N, out, H, W]. The
/// embedding scales and shifts each channel (FiLM: Perez et al. 2018).
struct ResBlock : nn::Module {
  ResBlock(int in, int out, int embedding, int rank)
      : norm1(add("norm1", nn::GroupNorm(8, in))),
        conv1(add("conv1", Conv(in, out, rank))),
        embed(add("embed", nn::Linear(embedding, 2 * out))),
        norm2(add("norm2", nn::GroupNorm(8, out))),
        conv2(add("conv2", zero(Conv(out, out, rank)))) {
    if (in != out) shortcut.emplace(add("shortcut", Conv(in, out, rank, 1)));
  }
  nn::GroupNorm norm1;
  Conv conv1;
  nn::Linear embed;
  nn::GroupNorm norm2;
  Conv conv2;
  std::optional<Conv> shortcut;

  tg::Tensor operator()(tg::In x, tg::In e) {
    return run(x.location, [&]() -> tg::Tensor {
      const tg::Tensor h = norm2(conv1(silu(norm1(*x))));
      const auto by = tg::chunk(reshape(embed(silu(*e)), {h.size(0), -1, 1, 1}), 2, 1);
      const tg::Tensor y = conv2(silu(h * (1 + by[0]) + by[1]));
      return y + (shortcut ? (*shortcut)(*x) : *x);
    });
  }
};

/// Each position sees all others: x [N, C, H, W] plus its attention with four heads.
struct Attention : nn::Module {
  Attention(int channels, int rank)
      : norm(add("norm", nn::GroupNorm(8, channels))),
        qkv(add("qkv", Conv(channels, 3 * channels, rank, 1))),
        out(add("out", zero(Conv(channels, channels, rank, 1)))) {}
  nn::GroupNorm norm;
  Conv qkv, out;

  tg::Tensor forward(const tg::Tensor& x) override {
    const auto [n, c, h, w] = x.sizes<4>();
    // [N, 3, heads, C / heads, H W] -> [N, heads, H W, C / heads] for each of q, k and v.
    const auto parts = unbind(transpose(reshape(qkv(norm(x)), {n, 3, 4, c / 4, h * w}), 3, 4), 1);
    const tg::Tensor y = scaled_dot_product_attention(parts[0], parts[1], parts[2]);
    return x + out(reshape(transpose(y, 2, 3), {n, c, h, w}));
  }
};

/// Feature maps that the encoder hands to the decoder: [N, C, H, W], [N, 2 C, H / 2, W / 2] and
/// [N, 4 C, H / 4, W / 4].
using Levels = std::array<tg::Tensor, 3>;

/// The way down: each level has half the side and twice the channels of the one before it. A vector
/// is learned for each position of the last level: where all is noise, what is drawn depends on the
/// position, which convolutions know from the border alone and attention not at all.
struct Encoder : nn::Module {
  Encoder(const Sizes& s, int rank)
      : in(add("in", Conv(s.colors, s.channels, rank))),
        fine(add("fine", ResBlock(s.channels, s.channels, 4 * s.channels, rank))),
        down1(add("down1", Conv(s.channels, 2 * s.channels, rank, 3, 2))),
        middle(add("middle", ResBlock(2 * s.channels, 2 * s.channels, 4 * s.channels, rank))),
        down2(add("down2", Conv(2 * s.channels, 4 * s.channels, rank, 3, 2))),
        position(add("position", 0.02 * tg::randn({4 * s.channels, s.side / 4, s.side / 4}))),
        coarse1(add("coarse1", ResBlock(4 * s.channels, 4 * s.channels, 4 * s.channels, rank))),
        attention(add("attention", Attention(4 * s.channels, rank))),
        coarse2(add("coarse2", ResBlock(4 * s.channels, 4 * s.channels, 4 * s.channels, rank))) {}
  Conv in;
  ResBlock fine;
  Conv down1;
  ResBlock middle;
  Conv down2;
  nn::Parameter position;
  ResBlock coarse1;
  Attention attention;
  ResBlock coarse2;

  /// hint [N, C, H, W], if it is given, is added to what the first convolution makes of x.
  Levels operator()(tg::In x, tg::In e, tg::In hint = {}) {
    return run(x.location, [&]() -> Levels {
      const tg::Tensor h = hint.defined() ? in(*x) + *hint : in(*x);
      const tg::Tensor f = fine(h, *e), m = middle(down1(f), *e);
      return {f, m, coarse2(attention(coarse1(down2(m) + position, *e)), *e)};
    });
  }
};

/// The way up: each level is enlarged and joined with the encoder's level of that size.
struct Decoder : nn::Module {
  Decoder(const Sizes& s)
      : middle(add("middle", ResBlock(6 * s.channels, 2 * s.channels, 4 * s.channels, s.rank))),
        fine(add("fine", ResBlock(3 * s.channels, s.channels, 4 * s.channels, s.rank))),
        norm(add("norm", nn::GroupNorm(8, s.channels))),
        out(add("out", zero(Conv(s.channels, s.colors, s.rank)))) {}
  ResBlock middle, fine;
  nn::GroupNorm norm;
  Conv out;

  tg::Tensor operator()(const Levels& levels, tg::In e) {
    return run(e.location, [&]() -> tg::Tensor {
      const tg::Tensor m = middle(joined(levels[2], levels[1]), *e);
      return out(silu(norm(fine(joined(m, levels[0]), *e))));
    });
  }

 private:
  static tg::Tensor joined(const tg::Tensor& small, const tg::Tensor& large) {
    return tg::cat({interpolate(small, {.size = {large.size(2), large.size(3)}}), large}, 1);
  }
};

/// ControlNet: a copy of the encoder that also sees outlines. What it adds to the levels of the
/// frozen encoder goes through convolutions that are zero at first.
struct Control : nn::Module {
  Control(const Sizes& s)
      : hint(add("hint", nn::Sequential(Conv(1, s.channels, 0), nn::SiLU(),
                                        zero(Conv(s.channels, s.channels, 0, 1))))),
        encoder(add("encoder", Encoder(s, 0))),
        out{add("out0", zero(Conv(s.channels, s.channels, 0, 1))),
            add("out1", zero(Conv(2 * s.channels, 2 * s.channels, 0, 1))),
            add("out2", zero(Conv(4 * s.channels, 4 * s.channels, 0, 1)))} {}
  nn::Sequential hint;
  Encoder encoder;
  std::array<Conv, 3> out;

  Levels operator()(tg::In x, tg::In e, tg::In outlines) {
    return run(x.location, [&]() -> Levels {
      const Levels levels = encoder(*x, *e, hint(*outlines));
      return {out[0](levels[0]), out[1](levels[1]), out[2](levels[2])};
    });
  }
};

/// cos and sin of t at C / 2 frequencies from 1 to 1 / 10,000: t int64 [N] -> [N, C]. Vaswani et
/// al. 2017.
inline tg::Tensor timestep_embedding(const tg::Tensor& t, std::int64_t channels) {
  const std::int64_t half = channels / 2;
  const tg::Tensor rates = exp(tg::arange(half).to(tg::float32) * (-std::log(1e4) / double(half)));
  const tg::Tensor angles = unsqueeze(t.to(tg::float32), 1) * rates.to(t.device());
  return tg::cat({cos(angles), sin(angles)}, 1);
}

/// Noisy pictures x [N, colors, H, W], timesteps t int64 [N], labels int64 [N] and outlines
/// [N, 1, H, W] or {} -> the velocity, of x's shape. H and W are `side`. The label `classes` stands
/// for no class.
struct UNet : nn::Module {
  explicit UNet(const Sizes& s)
      : sizes(s),
        time(add("time", nn::Sequential(nn::Linear(s.channels, 4 * s.channels), nn::SiLU(),
                                        nn::Linear(4 * s.channels, 4 * s.channels)))),
        label(add("label", nn::Embedding(s.classes + 1, 4 * s.channels))),
        encoder(add("encoder", Encoder(s, s.rank))),
        decoder(add("decoder", Decoder(s))) {
    if (s.control) control.emplace(add("control", Control(s)));
  }
  Sizes sizes;
  nn::Sequential time;
  nn::Embedding label;
  Encoder encoder;
  Decoder decoder;
  std::optional<Control> control;

  tg::Tensor operator()(tg::In x, tg::In t, tg::In labels, tg::In outlines = {}) {
    return run(x.location, [&] {
      const tg::Tensor e = time(timestep_embedding(*t, sizes.channels)) + label(*labels);
      Levels levels = encoder(*x, e);
      if (control && outlines.defined()) {
        const Levels more = (*control)(*x, e, *outlines);
        for (std::size_t i = 0; i < levels.size(); ++i) levels[i] = levels[i] + more[i];
      }
      return decoder(levels, e);
    });
  }

  /// Copies the encoder into the branch for outlines, as ControlNet begins.
  void copy_encoder() { control->encoder.load_state_dict(plain(encoder.state_dict())); }
  /// Freezes all but the adapters and the branch for outlines, if there are any.
  void freeze_base() {
    requires_grad_(false);
    for (auto& [name, p] : named_parameters())
      if (is_added(name)) tg::Tensor(p).requires_grad_();
  }
  /// Returns whether a name of the state belongs to the adapters or to the branch for outlines.
  static bool is_added(const std::string& name) {
    return name.starts_with("control.") || name.find("lora_") != name.npos;
  }

 private:
  static tg::NamedTensors plain(tg::NamedTensors state) {  // without the adapters
    std::erase_if(state, [](auto& entry) { return is_added(entry.first); });
    return state;
  }
};

}  // namespace ddpm
