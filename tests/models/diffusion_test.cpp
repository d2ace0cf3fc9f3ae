// SPDX-License-Identifier: MIT
// Tests the parts of Stable Diffusion: small ones compute what diffusers and transformers compute,
// alone and together; those of version 1.5 have its names and shapes; they learn.
#include <gtest/gtest.h>

#include "models/diffusion_fixtures.h"
#include "tinygrad/models/meta.h"

namespace tinygrad::models {
namespace {

// Sums of up to 864 products in some 60 layers; float32 rounds each to 6e-8 of its size.
constexpr double tolerance = 1e-5;

TEST(UNet2DConditionModel, computes_what_diffusers_computes) {
  const NoGrad off;
  auto unet = small_model<UNet2DConditionModel>(small_unet);
  const Tensor text = input("text", {2, 5, 24});
  EXPECT_LT(difference(unet(input("sample", {2, 4, 8, 8}), tensor({7, 500}), text), "unet"),
            tolerance);
  const Tensor y = unet(input("odd", {1, 4, 7, 5}), tensor({3}), text.slice(0, 0, 1));
  EXPECT_LT(difference(y, "unet.odd"), tolerance);
}

TEST(AutoencoderKL, computes_what_diffusers_computes) {
  const NoGrad off;
  auto vae = small_model<AutoencoderKL>(small_vae);
  const DiagonalGaussian latents = vae.encode(input("picture", {1, 3, 16, 16}));
  EXPECT_LT(difference(latents.mean, "vae.mean"), tolerance);
  EXPECT_LT(difference(latents.logvar, "vae.logvar"), tolerance);
  EXPECT_LT(difference(latents.kl(), "vae.kl"), tolerance);
  EXPECT_LT(difference(vae.decode(input("z", {1, 4, 4, 6})), "vae.decoded"), tolerance);
}

TEST(CLIPTextModel, computes_what_transformers_computes) {
  const NoGrad off;
  auto text = small_model<CLIPTextModel>(small_text);
  EXPECT_LT(difference(text(arange(24).reshape({2, 12}) * 7 % 58), "text_encoder"), tolerance);
}

TEST(StableDiffusion, draws_what_diffusers_draws) {
  const DiffusionFolder folder;
  auto model = load_stable_diffusion(folder.path);
  const Tensor ids = tensor(model.tokenizer->encode("a red Cat"));
  EXPECT_EQ(largest_difference(ids, expected_diffusion("pipeline.ids")), 0);
  const DrawOptions options{.negative_prompt = "a dog",
                            .num_inference_steps = 4,
                            .latents = input("latents", {1, 4, 8, 8})};
  std::int64_t steps = 0;
  const Tensor latents =
      model.draw_latents("a red Cat", options, [&](std::int64_t step) { steps = step + 1; });
  EXPECT_EQ(steps, 5);                                       // PNDM takes the first twice
  EXPECT_LT(difference(latents, "pipeline.latents"), 1e-4);  // guidance amplifies differences
  const Tensor picture = model.decode_latents(latents);
  EXPECT_LT(difference(picture, "pipeline.drawn"), 1e-4);
  const Tensor inside = logical_and(picture > 0, picture < 1);
  EXPECT_GT(mean(inside.to(float32)).item<double>(), 0.3);  // the clamp does not hide it
}

TEST(StableDiffusion, draws_in_float16_about_the_same) {
  const DiffusionFolder folder;
  auto model = load_stable_diffusion(folder.path, {.dtype = float16, .scheduler = "DDIMScheduler"});
  auto exact = load_stable_diffusion(folder.path, {.scheduler = "DDIMScheduler"});
  EXPECT_EQ(model.unet.conv_in.weight.dtype(), float16);
  const DrawOptions options{.num_inference_steps = 2,
                            .guidance_scale = 1,
                            .height = 20,
                            .width = 12,
                            .latents = input("latents", {1, 4, 10, 6})};
  const Tensor half = model.draw("red", options), full = exact.draw("red", options);
  EXPECT_EQ(half.shape(), Shape({1, 3, 20, 12}));
  EXPECT_LT(mean(abs(half - full)).item<double>(), 0.02);
}

// ------------------------------------------------------------ the sizes of version 1.5

nlohmann::json summary(const nn::Module& module) {
  std::map<std::string, Shape> shapes;
  std::int64_t parameters = 0;
  for (const auto& [name, t] : module.state_dict()) shapes.emplace(name, t.shape());
  for (const Tensor& p : module.parameters()) parameters += p.numel();
  std::string lines, hash(16, ' ');
  for (const auto& [name, shape] : shapes) lines += name + " " + to_string(shape) + "\n";
  std::snprintf(hash.data(), 17, "%016llx", static_cast<unsigned long long>(fnv(lines)));
  return {{"tensors", shapes.size()}, {"parameters", parameters}, {"hash", hash}};
}

TEST(StableDiffusion, has_the_names_and_shapes_of_diffusers) {
  const auto judge = read_json("diffusion.json");
  EXPECT_EQ(summary(UNet2DConditionModel(small_unet)), judge["small"]["unet"]);
  EXPECT_EQ(summary(AutoencoderKL(small_vae)), judge["small"]["vae"]);
  EXPECT_EQ(summary(CLIPTextModel(small_text)), judge["small"]["text_encoder"]);
  const MetaScope scope;  // the defaults are version 1.5's; they would take 4 GB
  EXPECT_EQ(summary(UNet2DConditionModel()), judge["true"]["unet"]);
  EXPECT_EQ(summary(AutoencoderKL()), judge["true"]["vae"]);
  EXPECT_EQ(summary(CLIPTextModel()), judge["true"]["text_encoder"]);
  const NoGrad off;
  UNet2DConditionModel unet;
  EXPECT_EQ(unet(empty({2, 4, 64, 64}), empty({}), empty({2, 77, 768})).shape(),
            Shape({2, 4, 64, 64}));
}

TEST(MetaDevice, ends_and_its_modules_take_other_memory) {
  auto linear = on_meta_device([] { return nn::Linear(2, 3); });
  EXPECT_EQ(default_device(), Device("cpu"));
  Tensor weight = ones({3, 2}, {.dtype = float16});
  EXPECT_THROW(replace_state(linear, {{"weight", weight}}), ArgumentError);
  replace_state(linear, {{"weight", weight}, {"bias", zeros({3}, {.dtype = float16})}});
  EXPECT_EQ(linear.weight.dtype(), float16);
  weight.fill_(2);  // the memory is shared
  EXPECT_EQ(linear(ones({1, 2}, {.dtype = float16})).sum().item<float>(), 12);
}

// ------------------------------------------------------------ learning

TEST(UNet2DConditionModel, learns_with_its_text_encoder_and_autoencoder) {
  manual_seed(3);
  UNet2DConditionModel unet(small_unet);
  CLIPTextModel encoder(small_text);
  AutoencoderKL vae(small_vae);
  std::vector<Tensor> parameters;
  for (const nn::Module* part : std::initializer_list<const nn::Module*>{&unet, &encoder, &vae})
    for (const Tensor& p : part->parameters()) parameters.push_back(p);
  optim::Adam adam(parameters, {.lr = 0.002});
  const DDPMScheduler scheduler;
  const Tensor picture = input("picture", {2, 3, 16, 16}), noise = randn({2, 4, 8, 8}),
               t = tensor({100, 800}), ids = arange(24).reshape({2, 12});
  std::vector<double> losses;
  for (int i = 0; i < 12; ++i) {
    adam.zero_grad();
    const DiagonalGaussian z = vae.encode(picture);
    const Tensor noisy = scheduler.add_noise(z.mean, noise, t);
    const Tensor loss = mse_loss(unet(noisy, t, encoder(ids)), noise) +
                        mse_loss(vae.decode(z.sample()), picture) + 1e-3 * z.kl().mean();
    loss.backward();
    for (const Tensor& p : parameters) ASSERT_TRUE(p.grad().defined());
    adam.step();
    losses.push_back(loss.item<double>());
  }
  EXPECT_LT(losses.back(), 0.8 * losses.front());
}

// ------------------------------------------------------------ refusals

std::string refusal(const char* part, const nlohmann::json& changes) {
  auto fixture = read_json("diffusion.json")["config"];
  fixture[part].update(changes);
  const DiffusionFolder folder(fixture);
  try {
    load_stable_diffusion(folder.path);
  } catch (const IoError& error) { return error.what(); }
  return "";
}

TEST(StableDiffusion, refuses_what_it_does_not_know_by_name) {
  const auto has = [](const std::string& message, const char* part) {
    EXPECT_NE(message.find(part), message.npos) << message;
  };
  has(refusal("unet", {{"_class_name", "UNet3DConditionModel"}}), "\"UNet3DConditionModel\"");
  has(refusal("unet", {{"use_linear_projection", true}}), "\"use_linear_projection\" is true");
  has(refusal("unet", {{"class_embed_type", "timestep"}}), "\"class_embed_type\"");
  has(refusal("unet", {{"up_block_types", {"UpBlock2D", "UpBlock2D", "UpBlock2D"}}}), "mirror");
  has(refusal("unet", {{"layers_per_block", 2'000'000'000}}), "\"layers_per_block\"");
  has(refusal("unet", {{"attention_head_dim", 5}}), "5 heads");
  has(refusal("unet", {{"cross_attention_dim", 25}}), "attn2.to_k.weight");
  has(refusal("vae", {{"down_block_types", {"AttnDownEncoderBlock2D"}}}), "\"AttnDown");
  has(refusal("text_encoder", {{"hidden_act", "relu"}}), "\"relu\"");
  has(refusal("text_encoder", {{"vocab_size", 2'000'000'000}}), "token_embedding.weight");
  has(refusal("scheduler", {{"skip_prk_steps", false}}), "Runge-Kutta");
  has(refusal("scheduler", {{"_class_name", "LCMScheduler"}}), "\"LCMScheduler\"");
  EXPECT_THROW(load_stable_diffusion("/does/not/exist"), IoError);
  EXPECT_EQ(default_device(), Device("cpu"));  // also after an error
}

TEST(StableDiffusion, is_copied_for_the_test_of_the_program) {
  const char* to = std::getenv("TINYGRAD_COPY_TO");
  if (!to) GTEST_SKIP() << "tests/programs/stable_diffusion.sh sets $TINYGRAD_COPY_TO";
  std::filesystem::copy(DiffusionFolder().path, to, std::filesystem::copy_options::recursive);
}

TEST(StableDiffusion, refuses_sizes_without_whole_latents) {
  const DiffusionFolder folder;
  auto model = load_stable_diffusion(folder.path);
  EXPECT_THROW(model.draw("a", {.height = 15}), ArgumentError);
  EXPECT_THROW(model.draw("a", {.latents = zeros({1, 4, 2, 2})}), ShapeError);
  EXPECT_THROW(model.vae.encode(zeros({1, 3, 15, 16})), ShapeError);
  EXPECT_THROW(model.unet(zeros({4, 8, 8}), zeros({}), zeros({1, 5, 24})), ShapeError);
}

}  // namespace
}  // namespace tinygrad::models
