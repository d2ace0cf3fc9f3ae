// SPDX-License-Identifier: MIT
// Three networks that compute the velocity v of noisy samples (a dense one, a U-Net, a DiT), their
// training, and the way from noise to samples.
#pragma once
#include <tinygrad/autograd.h>
#include <tinygrad/models/schedulers.h>
#include <tinygrad/models/unet.h>
#include <tinygrad/nn.h>
#include <tinygrad/ops.h>
#include <tinygrad/optim.h>

namespace lab {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;
namespace models = tinygrad::models;
using tg::Tensor;

/// Timesteps [N] and labels [N] as vectors [N, width]; the label `classes` stands for none.
struct Condition : nn::Module {
  Condition(int classes, int width)
      : time1(add("time1", nn::Linear(64, width))),
        time2(add("time2", nn::Linear(width, width))),
        label(add("label", nn::Embedding(classes + 1, width))) {}
  Tensor operator()(const Tensor& t, const Tensor& y) {
    return silu(time2(silu(time1(models::timestep_embedding(t, 64)))) + label(y));
  }
  nn::Linear time1, time2;
  nn::Embedding label;
};

/// Dense layers on samples of any shape, with two residual blocks.
struct DenseNet : nn::Module {
  DenseNet(int in, int width, int classes)
      : condition(add("condition", Condition(classes, width))),
        first(add("first", nn::Linear(in, width))),
        block1(add("block1", nn::Linear(width, width))),
        block2(add("block2", nn::Linear(width, width))),
        last(add("last", nn::Linear(width, in))) {}
  Tensor operator()(const Tensor& x, const Tensor& t, const Tensor& y) {
    const Tensor e = condition(t, y);
    Tensor h = first(x.flatten(1));
    h = h + block1(silu(h + e));
    h = h + block2(silu(h + e));
    return last(silu(h)).reshape(x.shape());
  }
  Condition condition;
  nn::Linear first, block1, block2, last;
};

/// silu(norm(conv(x)) + condition): a step of the U-Net.
struct ConvStep : nn::Module {
  ConvStep(int in, int out, int width, int stride = 1)
      : conv(add("conv", nn::Conv2d(in, out, 3, {.stride = stride, .padding = 1}))),
        norm(add("norm", nn::GroupNorm(4, out))),
        shift(add("shift", nn::Linear(width, out))) {}
  Tensor operator()(const Tensor& x, const Tensor& e) {
    return silu(norm(conv(x)) + unsqueeze(unsqueeze(shift(e), 2), 3));
  }
  nn::Conv2d conv;
  nn::GroupNorm norm;
  nn::Linear shift;
};

/// Images [N, 1, 28, 28], made smaller twice and larger twice; each size on the way up also sees
/// that on the way down (Ronneberger et al. 2015).
struct SmallUNet : nn::Module {
  SmallUNet(int c, int classes)
      : condition(add("condition", Condition(classes, 64))),
        in(add("in", ConvStep(1, c, 64))),
        down1(add("down1", ConvStep(c, 2 * c, 64, 2))),
        down2(add("down2", ConvStep(2 * c, 4 * c, 64, 2))),
        middle(add("middle", ConvStep(4 * c, 4 * c, 64))),
        up1(add("up1", ConvStep(6 * c, 2 * c, 64))),
        up2(add("up2", ConvStep(3 * c, c, 64))),
        out(add("out", nn::Conv2d(c, 1, 3, {.padding = 1}))) {}
  Tensor operator()(const Tensor& x, const Tensor& t, const Tensor& y) {
    const auto twice = [](const Tensor& h) { return interpolate(h, {.scale_factor = {2}}); };
    const Tensor e = condition(t, y), a = in(x, e), b = down1(a, e), c = down2(b, e);
    const Tensor d = up1(tg::cat({twice(c + middle(c, e)), b}, 1), e);
    return out(up2(tg::cat({twice(d), a}, 1), e));
  }
  Condition condition;
  ConvStep in, down1, down2, middle, up1, up2;
  nn::Conv2d out;
};

/// A transformer block whose norms are scaled and shifted, and whose parts are weighted, by the
/// condition (Peebles and Xie 2023).
struct DiTBlock : nn::Module {
  explicit DiTBlock(int width)
      : by(add("by", nn::Linear(width, 6 * width))),
        norm(add("norm", nn::LayerNorm(tg::Shape{width}, {.affine = false}))),
        qkv(add("qkv", nn::Linear(width, 3 * width))),
        mix(add("mix", nn::Linear(width, width))),
        wide(add("wide", nn::Linear(width, 4 * width))),
        narrow(add("narrow", nn::Linear(4 * width, width))) {
    nn::init::zeros_(by.weight), nn::init::zeros_(by.bias);
  }
  Tensor operator()(const Tensor& x, const Tensor& e) {
    const auto c = tg::chunk(unsqueeze(by(e), 1), 6, 2);
    const Tensor h = x + c[2] * attention(norm(x) * (1 + c[0]) + c[1]);
    return h + c[5] * narrow(gelu(wide(norm(h) * (1 + c[3]) + c[4])));
  }
  Tensor attention(const Tensor& x) {
    const std::int64_t n = x.size(0), l = x.size(1), heads = 4, e = x.size(2) / heads;
    const auto q = unbind(transpose(reshape(qkv(x), {n, l, 3, heads, e}), 1, 3), 2);
    const Tensor y = scaled_dot_product_attention(q[0], q[1], q[2]);
    return mix(reshape(transpose(y, 1, 2), x.shape()));
  }
  nn::Linear by;
  nn::LayerNorm norm;
  nn::Linear qkv, mix, wide, narrow;
};

/// Images [N, 1, 28, 28] as 49 patches of 4 x 4, three blocks, and patches as images.
struct SmallDiT : nn::Module {
  SmallDiT(int width, int classes)
      : condition(add("condition", Condition(classes, width))),
        embed(add("embed", nn::Linear(16, width))),
        place(add("place", 0.02 * tg::randn({49, width}))),
        block1(add("block1", DiTBlock(width))),
        block2(add("block2", DiTBlock(width))),
        block3(add("block3", DiTBlock(width))),
        norm(add("norm", nn::LayerNorm(tg::Shape{width}))),
        out(add("out", nn::Linear(width, 16))) {}
  Tensor operator()(const Tensor& x, const Tensor& t, const Tensor& y) {
    const Tensor e = condition(t, y),
                 h = embed(transpose(tg::unfold(x, {4, 4}, {.stride = 4}), 1, 2)) + place;
    const Tensor patches = out(norm(block3(block2(block1(h, e), e), e)));
    return tg::fold(transpose(patches, 1, 2), {28, 28}, {4, 4}, {.stride = 4});
  }
  Condition condition;
  nn::Linear embed;
  nn::Parameter place;
  DiTBlock block1, block2, block3;
  nn::LayerNorm norm;
  nn::Linear out;
};

/// Trains a net on samples x and labels y. Of a tenth of the samples it is not told the label.
/// Returns the mean loss of each eighth of the steps.
template <class N>
std::vector<double> fit(N& net, const models::Scheduler& s, const Tensor& x, const Tensor& y,
                        int classes, int steps, double lr = 2e-3, std::int64_t batch = 128) {
  tg::optim::Adam adam(net.parameters(), {.lr = lr});
  tg::optim::CosineAnnealingLR decay(adam, steps);
  std::vector<double> losses(8);
  for (int step = 0; step < steps; ++step) {
    const Tensor rows = tg::randint(0, x.size(0), {batch}),
                 t = tg::randint(0, s.options.num_train_timesteps, {batch}),
                 of = where(tg::rand({batch}) < 0.1, classes, y.index_select(0, rows));
    const Tensor clean = x.index_select(0, rows), noise = tg::randn_like(clean);
    adam.zero_grad();
    const Tensor loss =
        mse_loss(net(s.add_noise(clean, noise, t), t, of), s.target(clean, noise, t));
    loss.backward();
    adam.step(), decay.step();
    losses[std::size_t(8 * step / steps)] += loss.item<double>() * 8 / steps;
  }
  return losses;
}

/// A sample for each label, of the shape [N, ...], in so many steps. guidance w goes from what the
/// net computes without a label w times as far as to what it computes with it.
template <class N>
Tensor draw(N& net, models::Scheduler& s, const Tensor& y, const tg::Shape& shape, int classes,
            int steps, double w = 1) {
  const tg::NoGrad off;
  const Tensor none = full_like(y, classes);
  s.set_timesteps(steps);
  Tensor x = tg::randn(shape);
  for (const double time : s.timesteps()) {
    const Tensor t = full_like(y, time);
    Tensor v = net(x, t, y);
    if (w != 1) {
      const Tensor without = net(x, t, none);
      v = without + w * (v - without);
    }
    x = s.step(v, time, x);
  }
  return x;
}

}  // namespace lab
