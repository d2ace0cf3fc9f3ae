// SPDX-License-Identifier: MIT
// What the tests of diffusion models read: small models with the weights of the formula, and the
// files that make_diffusion_fixtures.py wrote.
#pragma once
#include "models/fixtures.h"
#include "tinygrad/models/stable_diffusion.h"

namespace tinygrad::models {

inline const UNet2DConditionOptions small_unet{
    .sample_size = 8,
    .block_out_channels = {16, 32, 48},
    .down_block_types = {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"},
    .cross_attention_dim = 24,
    .attention_head_dim = 4,
    .norm_num_groups = 8};
inline const AutoencoderKLOptions small_vae{
    .block_out_channels = {16, 32}, .layers_per_block = 1, .norm_num_groups = 8};
inline const CLIPTextOptions small_text{.vocab_size = 64,
                                        .hidden_size = 24,
                                        .intermediate_size = 40,
                                        .num_hidden_layers = 2,
                                        .num_attention_heads = 3,
                                        .max_position_embeddings = 12};

/// The state of a module, with the values of the formula.
inline NamedTensors formula_state_of(const nn::Module& module) {
  NamedTensors state;
  for (const auto& [name, t] : module.state_dict())
    state.emplace_back(name, formula_weight(name, t.shape()));
  return state;
}
template <class Model, class Options> Model small_model(const Options& options) {
  Model model(options);
  model.load_state_dict(formula_state_of(model));
  model.eval();
  return model;
}

inline Tensor expected_diffusion(const std::string& name) {
  return expected(name, "diffusion.safetensors");
}
/// The largest difference from what diffusers computed, as a part of its largest value.
inline double difference(const Tensor& y, const std::string& name) {
  const Tensor judge = expected_diffusion(name);
  return largest_difference(y.to("cpu"), judge) / abs(judge).max().item<double>();
}
/// An input: values between -1 and 1.
inline Tensor input(const std::string& name, const Shape& shape) {
  return formula_weight(name, shape) * 4;
}

/// A folder with the small models, in the layout of Stable Diffusion 1.5, which is deleted in the
/// end.
struct DiffusionFolder {
  explicit DiffusionFolder(const nlohmann::json& fixture = read_json("diffusion.json")["config"]) {
    for (const char* part : {"unet", "vae", "text_encoder", "scheduler", "tokenizer"})
      std::filesystem::create_directories(path + "/" + part);
    for (const char* part : {"unet", "vae", "text_encoder"})
      write(std::string(part) + "/config.json", fixture[part].dump());
    write("scheduler/scheduler_config.json", fixture["scheduler"].dump());
    write("tokenizer/vocab.json", fixture["tokenizer"]["vocab"].dump());
    std::string merges = "#version: 0.2\n";
    for (const auto& pair : fixture["tokenizer"]["merges"])
      merges += pair[0].get<std::string>() + " " + pair[1].get<std::string>() + "\n";
    write("tokenizer/merges.txt", merges);
    write_weights();
  }
  ~DiffusionFolder() { std::filesystem::remove_all(path); }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(path + "/" + file) << text;
  }
  const std::string path =
      (std::filesystem::temp_directory_path() / ("tinygrad_diffusion_" + std::to_string(getpid())))
          .string();

 private:
  /// Under the names that the files of 2022 have.
  void write_weights() const {
    save_safetensors(formula_state_of(UNet2DConditionModel(small_unet)),
                     path + "/unet/diffusion_pytorch_model.safetensors");
    NamedTensors vae = formula_state_of(AutoencoderKL(small_vae)),
                 text = formula_state_of(CLIPTextModel(small_text));
    const auto rename = [](std::string& name, const std::string& from, const std::string& to) {
      if (const auto at = name.find(from); at != name.npos) name.replace(at, from.size(), to);
    };
    for (auto& [name, t] : vae)
      rename(name, "to_q", "query"), rename(name, "to_k", "key"), rename(name, "to_v", "value"),
          rename(name, "to_out.0", "proj_attn");
    for (auto& [name, t] : text) name = "text_model." + name;
    text.emplace_back("text_model.embeddings.position_ids", arange(12).unsqueeze(0));
    save_safetensors(vae, path + "/vae/diffusion_pytorch_model.fp16.safetensors");
    save_safetensors(text, path + "/text_encoder/model.safetensors");
  }
};

}  // namespace tinygrad::models
