// SPDX-License-Identifier: MIT
// The model of examples/text_to_image: an autoencoder, and a U-Net that takes noise away from its
// latents as the hidden states of a caption say (latent diffusion: Rombach et al. 2022).
#pragma once
#include <tinygrad/models/clip.h>
#include <tinygrad/models/schedulers.h>
#include <tinygrad/models/unet.h>
#include <tinygrad/models/vae.h>
#include <tinygrad/tinygrad.h>

#include <functional>

#include "common/cosine_schedule.h"
#include "text_to_image_data.h"

namespace text_to_image {

namespace nn = tinygrad::nn;
namespace models = tinygrad::models;

/// Pictures [N, 3, H, W] in 0 ... 1 <-> latents [N, 4, H / 4, W / 4], of mean 0 in each channel and
/// variance 1 once measure() was called.
struct Autoencoder : nn::Module {
  explicit Autoencoder(std::int64_t channels)
      : vae(add("vae",
                models::AutoencoderKL({.latent_channels = 4,
                                       .block_out_channels = {channels, 2 * channels, 2 * channels},
                                       .layers_per_block = 1,
                                       .norm_num_groups = 8}))),
        mean(add_buffer("mean", tg::zeros({1, 4, 1, 1}))),
        deviation(add_buffer("deviation", tg::ones({1}))) {}
  models::AutoencoderKL vae;
  nn::Buffer mean, deviation;

  tg::Tensor encode(const tg::Tensor& x) { return (vae.encode(2 * x - 1).mean - mean) / deviation; }
  tg::Tensor decode(const tg::Tensor& z) {
    return clamp((vae.decode(z * deviation + mean) + 1) / 2, 0, 1);
  }
  /// Takes mean and deviation from encoded pictures, and returns these as they are encoded now.
  tg::Tensor measure(const tg::Tensor& z) {
    const tg::Tensor m = tg::mean(z, {0, 2, 3}, tg::keepdim), d = sqrt(tg::mean(square(z - m)));
    tg::Tensor(mean).copy_(mean + deviation * m);
    tg::Tensor(deviation).copy_(deviation * d);
    return (z - m) / d;
  }
  /// The mean over the pictures of -ELBO, of which a constant is left out: pixels are normal with
  /// the deviation 0.1 of their range -1 ... 1, latents are normal.
  tg::Tensor loss_of(const tg::Tensor& x) {
    const models::DiagonalGaussian z = vae.encode(2 * x - 1);
    const tg::Tensor y = vae.decode(training() ? z.sample() : z.mean);
    return (sum(square(y - (2 * x - 1))) / (2 * 0.1 * 0.1) + sum(z.kl())) / x.size(0);
  }
};

struct Sizes {
  std::int64_t channels = 48;  ///< of the U-Net at 12×12; it has twice as many at 6×6
  std::int64_t text = 64;      ///< of the text encoder
  std::int64_t autoencoder = 16;
};

/// Reads captions and computes the velocity of noisy latents.
struct Denoiser : nn::Module {
  explicit Denoiser(const Sizes& s)
      : text(add("text",
                 models::CLIPTextModel({.vocab_size = std::int64_t(vocabulary().size()),
                                        .hidden_size = s.text,
                                        .intermediate_size = 4 * s.text,
                                        .num_hidden_layers = 2,
                                        .num_attention_heads = 4,
                                        .max_position_embeddings = std::int64_t(text_length)}))),
        unet(add("unet", models::UNet2DConditionModel(
                             {.in_channels = 6,
                              .out_channels = 4,
                              .sample_size = side / 4,
                              .block_out_channels = {s.channels, 2 * s.channels},
                              .down_block_types = {"DownBlock2D", "CrossAttnDownBlock2D"},
                              .layers_per_block = 1,
                              .cross_attention_dim = s.text,
                              .attention_head_dim = 4,
                              .norm_num_groups = 8}))) {}
  models::CLIPTextModel text;
  models::UNet2DConditionModel unet;

  /// Noisy latents x [N, 4, h, w], timesteps t [N] and hidden states [N, L, D] of captions. The
  /// U-Net also sees row and column of each position: in pure noise nothing else tells where above
  /// and left are.
  tg::Tensor operator()(tg::In x, tg::In t, tg::In states) {
    return run(x.location, [&] {
      const auto [n, c, h, w] = x->sizes<4>();
      const tg::TensorOptions there = {.device = x->device()};
      const tg::Tensor row = tg::linspace(-1, 1, h, there).reshape({1, 1, h, 1}),
                       column = tg::linspace(-1, 1, w, there).reshape({1, 1, 1, w});
      return unet(tg::cat({*x, row.expand({n, 1, h, w}), column.expand({n, 1, h, w})}, 1), *t,
                  *states);
    });
  }
};

struct Model : nn::Module {
  explicit Model(const Sizes& s)
      : autoencoder(add("autoencoder", Autoencoder(s.autoencoder))),
        denoiser(add("denoiser", Denoiser(s))) {}
  Autoencoder autoencoder;
  Denoiser denoiser;
};

inline std::unique_ptr<models::Scheduler> make_scheduler(int steps) {
  auto scheduler = models::make_scheduler("DDIMScheduler", common::cosine_schedule());
  scheduler->set_timesteps(steps);
  return scheduler;
}

/// Pictures [N, 3, side, side] in 0 ... 1 of the tokens [N, L] of captions. Classifier-free
/// guidance (Ho and Salimans 2022) goes w times as far from the velocity without a caption as that
/// with it.
inline tg::Tensor draw(Model& model, models::Scheduler& scheduler, const tg::Tensor& tokens,
                       double w) {
  const tg::NoGrad off;
  model.eval();
  const std::int64_t n = tokens.size(0);
  const tg::Tensor nothing = tokens_of("").to(tokens.device()).expand(tokens.shape());
  const tg::Tensor states = model.denoiser.text(w == 1 ? tokens : tg::cat({tokens, nothing}));
  const std::int64_t copies = states.size(0) / n;
  tg::Tensor x = tg::randn({n, 4, side / 4, side / 4});
  for (const double t : scheduler.timesteps()) {
    const auto v = tg::chunk(model.denoiser(x.repeat({copies, 1, 1, 1}),
                                            tg::full({n * copies}, std::int64_t(t)), states),
                             copies);
    x = scheduler.step(w == 1 ? v[0] : v[1] + w * (v[0] - v[1]), t, x);
  }
  return model.autoencoder.decode(x);
}

}  // namespace text_to_image
