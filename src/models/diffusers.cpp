// SPDX-License-Identifier: MIT
// Reads the folders of diffusers: options from config.json, of which those that are not known are
// refused, and weights.
#include <algorithm>
#include <filesystem>
#include <map>

#include "config.h"
#include "sizes.h"
#include "tinygrad/io/load.h"
#include "tinygrad/models/meta.h"
#include "tinygrad/models/stable_diffusion.h"

namespace tinygrad::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string in_folder(const std::string& folder, const char* name) {
  return (fs::path(folder) / name).string();
}

/// Throws IoError unless each key has this value; one that is missing or null has it.
void expect_values(const Config& config, const json& expected) {
  for (const auto& [key, value] : expected.items()) {
    const json found = config.get(key.c_str(), value);
    config.check(found == value, in_quotes(key), " is ", found.dump(),
                 ", which is not known; expected ", value.dump());
  }
}

/// The weights of a folder, in the precision in which they lie there.
NamedTensors load_weights(const std::string& folder, const std::string& stem, const Call& call) {
  for (const char* end : {".safetensors", ".fp16.safetensors", ".safetensors.index.json"})
    if (const fs::path path = fs::path(folder) / (stem + end); fs::exists(path))
      return tinygrad::load(path.string(), {.device = "cpu"}, call.location);
  fail<IoError>(call, in_quotes(folder), ": there is no ", stem, ".safetensors in it");
}

/// A module that make() builds, with these weights.
template <class Make>
auto load_module(const std::string& folder, const NamedTensors& state, const Make& make,
                 std::optional<DType> dtype, const Call& call) {
  return or_io_error(call, folder, [&] {
    auto module = on_meta_device(make);
    replace_state(module, state, dtype, call.location);
    module.eval();
    return module;
  });
}

/// Layers that no file of this many tensors has would only take time.
std::int64_t layers(const Config& config, const char* key, const NamedTensors& state) {
  const std::int64_t count = config.size(key);
  config.check(count <= std::ssize(state), in_quotes(key), " is ", count, ", and there are only ",
               state.size(), " tensors");
  return count;
}

using Names = std::vector<std::string>;
using Sizes = std::vector<std::int64_t>;

/// For each stage: the block of the decoder that belongs to one of the encoder.
void expect_mirrored(const Config& config, const Names& down, const Names& up) {
  bool same = down.size() == up.size();
  for (std::size_t i = 0; same && i < down.size(); ++i)
    same = (down[i] == "DownBlock2D") == (up[up.size() - 1 - i] == "UpBlock2D");
  config.check(same, "\"up_block_types\" do not mirror \"down_block_types\", which is not known");
}
void expect_all(const Config& config, const char* key, const std::string& known) {
  for (const std::string& name : config.get<Names>(key))
    config.check(name == known, in_quotes(key), " has ", in_quotes(name), "; only ", known,
                 " is known");
}

/// What the text of a key stands for.
template <class E>
E choice(const Config& config, const char* key, const std::string& otherwise,
         const std::map<std::string, E>& known) {
  const auto name = config.get(key, otherwise);
  const auto found = known.find(name);
  config.check(found != known.end(), in_quotes(key), " is ", in_quotes(name),
               ", which is not known");
  return found->second;
}
BetaSchedule beta_schedule(const Config& c) {
  return choice<BetaSchedule>(c, "beta_schedule", "linear",
                              {{"linear", BetaSchedule::linear},
                               {"scaled_linear", BetaSchedule::scaled_linear},
                               {"squaredcos_cap_v2", BetaSchedule::squaredcos_cap_v2}});
}
PredictionType prediction_type(const Config& c) {
  return choice<PredictionType>(c, "prediction_type", "epsilon",
                                {{"epsilon", PredictionType::epsilon},
                                 {"v_prediction", PredictionType::v_prediction},
                                 {"sample", PredictionType::sample}});
}
TimestepSpacing timestep_spacing(const Config& c, const char* otherwise) {
  return choice<TimestepSpacing>(c, "timestep_spacing", otherwise,
                                 {{"leading", TimestepSpacing::leading},
                                  {"linspace", TimestepSpacing::linspace},
                                  {"trailing", TimestepSpacing::trailing}});
}

}  // namespace

UNet2DConditionModel load_unet(const std::string& folder, std::optional<DType> dtype,
                               SourceLocation location) {
  const Call call{"models::load_unet", location};
  const Config c(in_folder(folder, "config.json"), call);
  c.expect("_class_name", {"UNet2DConditionModel"});
  expect_values(c, {{"act_fn", "silu"},
                    {"mid_block_type", "UNetMidBlock2DCrossAttn"},
                    {"time_embedding_type", "positional"},
                    {"resnet_time_scale_shift", "default"},
                    {"flip_sin_to_cos", true},
                    {"freq_shift", 0},
                    {"downsample_padding", 1},
                    {"mid_block_scale_factor", 1},
                    {"conv_in_kernel", 3},
                    {"conv_out_kernel", 3},
                    {"transformer_layers_per_block", 1},
                    {"use_linear_projection", false},
                    {"dual_cross_attention", false},
                    {"only_cross_attention", false},
                    {"center_input_sample", false},
                    {"class_embed_type", nullptr},
                    {"addition_embed_type", nullptr},
                    {"encoder_hid_dim", nullptr},
                    {"cross_attention_norm", nullptr}});
  const NamedTensors state = load_weights(folder, "diffusion_pytorch_model", call);
  const UNet2DConditionOptions options{.in_channels = c.size("in_channels", 4),
                                       .out_channels = c.size("out_channels", 4),
                                       .sample_size = c.size("sample_size", 64),
                                       .block_out_channels = c.get<Sizes>("block_out_channels"),
                                       .down_block_types = c.get<Names>("down_block_types"),
                                       .layers_per_block = layers(c, "layers_per_block", state),
                                       .cross_attention_dim = c.size("cross_attention_dim"),
                                       .attention_head_dim = c.size("attention_head_dim", 8),
                                       .norm_num_groups = c.size("norm_num_groups", 32),
                                       .norm_eps = c.get("norm_eps", 1e-5),
                                       .dropout = c.get("dropout", 0.)};
  expect_mirrored(c, options.down_block_types, c.get<Names>("up_block_types"));
  return load_module(
      folder, state, [&] { return UNet2DConditionModel(options, location); }, dtype, call);
}

AutoencoderKL load_autoencoder(const std::string& folder, std::optional<DType> dtype,
                               SourceLocation location) {
  const Call call{"models::load_autoencoder", location};
  const Config c(in_folder(folder, "config.json"), call);
  c.expect("_class_name", {"AutoencoderKL"});
  expect_values(c, {{"act_fn", "silu"},
                    {"use_quant_conv", true},
                    {"use_post_quant_conv", true},
                    {"mid_block_add_attention", true},
                    {"shift_factor", nullptr},
                    {"latents_mean", nullptr}});
  expect_all(c, "down_block_types", "DownEncoderBlock2D");
  expect_all(c, "up_block_types", "UpDecoderBlock2D");
  NamedTensors state = load_weights(folder, "diffusion_pytorch_model", call);
  for (auto& [name, t] : state)  // older files have older names of the attention's layers
    for (const auto& [before, now] : {std::pair<std::string, std::string>{".query.", ".to_q."},
                                      {".key.", ".to_k."},
                                      {".value.", ".to_v."},
                                      {".proj_attn.", ".to_out.0."}})
      if (const auto at = name.find(before); at != name.npos) name.replace(at, before.size(), now);
  const AutoencoderKLOptions options{.in_channels = c.size("in_channels", 3),
                                     .out_channels = c.size("out_channels", 3),
                                     .latent_channels = c.size("latent_channels", 4),
                                     .block_out_channels = c.get<Sizes>("block_out_channels"),
                                     .layers_per_block = layers(c, "layers_per_block", state),
                                     .norm_num_groups = c.size("norm_num_groups", 32),
                                     .scaling_factor = c.get("scaling_factor", 0.18215)};
  return load_module(
      folder, state, [&] { return AutoencoderKL(options, location); }, dtype, call);
}

CLIPTextModel load_clip_text_model(const std::string& folder, std::optional<DType> dtype,
                                   SourceLocation location) {
  const Call call{"models::load_clip_text_model", location};
  const Config c(in_folder(folder, "config.json"), call);
  c.check(c.get("architectures", Names{"CLIPTextModel"}) == Names{"CLIPTextModel"},
          "\"architectures\" is not [\"CLIPTextModel\"], which alone is known");
  NamedTensors state = load_weights(folder, "model", call);
  std::erase_if(state, [](const auto& each) { return each.first.ends_with("position_ids"); });
  for (auto& [name, t] : state)
    if (name.starts_with("text_model.")) name.erase(0, std::string("text_model.").size());
  const CLIPTextOptions options{
      .vocab_size = c.size("vocab_size"),
      .hidden_size = c.size("hidden_size"),
      .intermediate_size = c.size("intermediate_size"),
      .num_hidden_layers = layers(c, "num_hidden_layers", state),
      .num_attention_heads = c.size("num_attention_heads"),
      .max_position_embeddings = c.size("max_position_embeddings", 77),
      .layer_norm_eps = c.get("layer_norm_eps", 1e-5),
      .quick_gelu =
          choice<bool>(c, "hidden_act", "quick_gelu", {{"quick_gelu", true}, {"gelu", false}})};
  return load_module(
      folder, state, [&] { return CLIPTextModel(options, location); }, dtype, call);
}

std::unique_ptr<Scheduler> load_scheduler(const std::string& folder, const std::string& given,
                                          SourceLocation location) {
  const Call call{"models::load_scheduler", location};
  const Config c(in_folder(folder, "scheduler_config.json"), call);
  const std::string name = given.empty() ? c.get<std::string>("_class_name") : given;
  const bool is_pndm = name == "PNDMScheduler", is_euler = name == "EulerDiscreteScheduler";
  expect_values(c, {{"trained_betas", nullptr},
                    {"thresholding", false},
                    {"rescale_betas_zero_snr", false},
                    {"use_karras_sigmas", false},
                    {"use_exponential_sigmas", false},
                    {"use_beta_sigmas", false},
                    {"interpolation_type", "linear"},
                    {"timestep_type", "discrete"},
                    {"final_sigmas_type", "zero"}});
  c.check(!is_pndm || c.get("skip_prk_steps", false),
          "Runge-Kutta steps (\"skip_prk_steps\": ", "false) are not known");
  const SchedulerOptions options{
      .num_train_timesteps = c.size("num_train_timesteps", 1000),
      .beta_start = c.get("beta_start", 0.0001),
      .beta_end = c.get("beta_end", 0.02),
      .beta_schedule = beta_schedule(c),
      .prediction_type = prediction_type(c),
      .timestep_spacing = timestep_spacing(c, is_euler ? "linspace" : "leading"),
      .steps_offset = c.size("steps_offset", 0),
      .clip_sample = c.get("clip_sample", true),
      .clip_sample_range = c.get("clip_sample_range", 1.),
      .set_alpha_to_one = c.get("set_alpha_to_one", !is_pndm),
      .fixed_large = choice<bool>(c, "variance_type", "fixed_small",
                                  {{"fixed_small", false}, {"fixed_large", true}})};
  return or_io_error(call, folder, [&] { return make_scheduler(name, options, location); });
}

StableDiffusion load_stable_diffusion(const std::string& folder, const LoadDiffusionOptions& o,
                                      SourceLocation location) {
  const auto part = [&](const char* name) { return in_folder(folder, name); };
  return {text::load_tokenizer(part("tokenizer"), location),
          load_clip_text_model(part("text_encoder"), o.dtype, location),
          load_unet(part("unet"), o.dtype, location),
          load_autoencoder(part("vae"), o.dtype, location),
          load_scheduler(part("scheduler"), o.scheduler, location)};
}

}  // namespace tinygrad::models
