// SPDX-License-Identifier: MIT
// From a text to a picture: guidance, the steps of the scheduler, and the decoder.
#include "tinygrad/models/stable_diffusion.h"

#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

DType dtype_of(nn::Module& module) { return module.parameters()[0].dtype(); }
Device device_of(nn::Module& module) { return module.parameters()[0].device(); }

/// The noise to begin with.
Tensor first_latents(StableDiffusion& model, const DrawOptions& o, const Call& call) {
  const std::int64_t f = model.vae.options.downscale(), usual = model.unet.options.sample_size * f,
                     height = o.height > 0 ? o.height : usual,
                     width = o.width > 0 ? o.width : usual;
  require(height % f == 0 && width % f == 0, call, "a picture of ", height, " x ", width,
          " has no whole latents; choose multiples of ", f);
  const Shape shape = {1, model.unet.options.in_channels, height / f, width / f};
  const TensorOptions options{.dtype = float32, .device = device_of(model.unet)};
  if (!o.latents.defined()) return randn(shape, options, call.location);
  require<ShapeError>(o.latents.shape() == shape, call, "expected latents of shape ", shape,
                      ", got ", o.latents.shape());
  return o.latents.to(float32).to(options.device);
}

}  // namespace

Tensor StableDiffusion::encode_prompt(const std::string& prompt) {
  const NoGrad off;
  text::Ids ids = tokenizer->encode(prompt);
  const auto length = std::size_t(text_encoder.options.max_position_embeddings);
  const std::int64_t end = ids.back();
  ids.resize(length, end);
  ids.back() = end;
  return text_encoder(tensor(ids, {.device = device_of(text_encoder)}).unsqueeze(0));
}

Tensor StableDiffusion::draw_latents(const std::string& prompt, const DrawOptions& o,
                                     const InlineFunction<void(std::int64_t step), 64>& on_step,
                                     SourceLocation location) {
  const NoGrad off;
  const Call call{"StableDiffusion", location};
  const bool guides = o.guidance_scale > 1;
  Tensor text = encode_prompt(prompt);
  if (guides) text = cat({encode_prompt(o.negative_prompt), text}, 0);
  text = text.to(dtype_of(unet));
  Tensor latents = first_latents(*this, o, call);
  scheduler->set_timesteps(o.num_inference_steps, location);
  latents = latents * scheduler->init_noise_sigma();
  std::int64_t step = 0;
  for (const double t : scheduler->timesteps()) {
    const Tensor input = scheduler->scale_model_input(latents, t).to(text.dtype());
    Tensor noise = unet(guides ? cat({input, input}, 0) : input,
                        full({}, t, {.dtype = float32, .device = input.device()}), text)
                       .to(float32);
    if (guides) {
      const auto parts = chunk(noise, 2, 0);
      noise = parts[0] + (parts[1] - parts[0]) * o.guidance_scale;
    }
    latents = scheduler->step(noise, t, latents);
    if (on_step) on_step(step++);
  }
  return latents;
}

Tensor StableDiffusion::decode_latents(const Tensor& latents) {
  const NoGrad off;
  const Tensor picture =
      vae.decode((latents / vae.options.scaling_factor).to(dtype_of(vae))).to(float32);
  return clamp(picture / 2 + 0.5, 0, 1);
}

Tensor StableDiffusion::draw(const std::string& prompt, const DrawOptions& o,
                             const InlineFunction<void(std::int64_t step), 64>& on_step,
                             SourceLocation location) {
  return decode_latents(draw_latents(prompt, o, on_step, location));
}

}  // namespace tinygrad::models
