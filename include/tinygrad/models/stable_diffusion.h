// SPDX-License-Identifier: MIT
// Stable Diffusion 1: a text becomes hidden states, noise becomes latents that fit to them, and the
// latents become a picture.
//
//   auto model = models::load_stable_diffusion("stable-diffusion-v1-5", {.dtype = float16});
//   vision::save_image(model.draw("a red cube on a table", {.num_inference_steps = 25}), "a.png");
#pragma once
#include <memory>
#include <string>

#include "tinygrad/models/clip.h"
#include "tinygrad/models/schedulers.h"
#include "tinygrad/models/unet.h"
#include "tinygrad/models/vae.h"
#include "tinygrad/text/tokenizer.h"

namespace tinygrad::models {

struct DrawOptions {
  std::string negative_prompt = "";  ///< what the picture is led away from
  std::int64_t num_inference_steps = 50;
  double guidance_scale = 7.5;         ///< w; up to 1 there is no guidance
  std::int64_t height = 0, width = 0;  ///< of the picture; 0: the model's usual size
  /// The noise to begin with, [1, in_channels, height / f, width / f] of variance 1; randn() if it
  /// is not given. PyTorch's generator draws other values from the same seed.
  Tensor latents = {};
};

/// A tokenizer, a text encoder, a denoising network, an autoencoder and a scheduler.
struct TINYGRAD_API StableDiffusion {
  std::unique_ptr<text::Tokenizer> tokenizer;
  CLIPTextModel text_encoder;
  UNet2DConditionModel unet;
  AutoencoderKL vae;
  std::unique_ptr<Scheduler> scheduler;

  /// The hidden states [1, L, D] of a text: L is max_position_embeddings; longer texts are cut off,
  /// shorter ones end with copies of the end token.
  Tensor encode_prompt(const std::string& prompt);
  /// The latents after the last step, in float32. With guidance, a step uses the noise
  /// ε(negative) + w (ε(prompt) - ε(negative)) (Ho and Salimans 2022,
  /// https://arxiv.org/abs/2207.12598). on_step(i) is called after step i. Throws ArgumentError for
  /// a size that the downscaling of the autoencoder does not divide.
  Tensor draw_latents(const std::string& prompt, const DrawOptions& options = {},
                      const InlineFunction<void(std::int64_t step), 64>& on_step = {},
                      SourceLocation location = SourceLocation::current());
  /// The picture of latents, [N, 3, H, W] in float32, clamped to [0, 1].
  Tensor decode_latents(const Tensor& latents);
  /// decode_latents(draw_latents(...)).
  Tensor draw(const std::string& prompt, const DrawOptions& options = {},
              const InlineFunction<void(std::int64_t step), 64>& on_step = {},
              SourceLocation location = SourceLocation::current());
};

struct LoadDiffusionOptions {
  std::optional<DType> dtype = {};  ///< of the weights; those of the files if it is not given
  std::string scheduler = "";       ///< a class, instead of that in scheduler_config.json
};
/// Loads a folder that diffusers' save_pretrained() wrote: tokenizer, text_encoder, unet, vae and
/// scheduler in folders of these names. A safety checker is not loaded. See load_unet().
TINYGRAD_API StableDiffusion
load_stable_diffusion(const std::string& folder, const LoadDiffusionOptions& options = {},
                      SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::models
