// SPDX-License-Identifier: MIT
// Adapters in the files of the package peft: adapter_config.json and adapter_model.safetensors.
#include <algorithm>
#include <filesystem>
#include <map>

#include "config.h"
#include "sizes.h"
#include "tinygrad/autograd.h"
#include "tinygrad/io/file.h"
#include "tinygrad/io/safetensors.h"
#include "tinygrad/models/lora.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
constexpr const char *config_file = "adapter_config.json",
                     *weights_file = "adapter_model.safetensors";
const std::string prefix = "base_model.model.", a_end = ".lora_A.weight", b_end = ".lora_B.weight";

/// What would change the computation, and is not known here, must have the value that peft writes
/// by default.
void check_known(const Config& config) {
  config.expect("peft_type", {"LORA"});
  config.expect("bias", {"none"});
  for (const char* key :
       {"use_dora", "use_rslora", "use_qalora", "use_bdlora", "lora_bias", "rank_pattern",
        "alpha_pattern", "modules_to_save", "trainable_token_indices", "layer_replication",
        "alora_invocation_tokens", "arrow_config", "kasa_config", "monteclora_config"}) {
    const json value = config.get(key, json(false));
    config.check(value == false || value.empty(), in_quotes(key), " is ", value.dump(),
                 ", which is not known");
  }
}

/// The names of the layers in a file, "base_model.model.NAME.lora_A.weight".
std::vector<std::string> names_of_layers(const NamedTensors& state, const Config& config) {
  std::vector<std::string> names;
  for (const auto& [key, tensor] : state) {
    const bool is_a = key.ends_with(a_end), is_b = key.ends_with(b_end);
    config.check(key.starts_with(prefix) && (is_a || is_b), "the tensor ", in_quotes(key), " in ",
                 weights_file, " is not known");
    const std::size_t end = key.size() - (is_a ? a_end : b_end).size();
    if (is_a) names.push_back(key.substr(prefix.size(), end - prefix.size()));
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

NamedTensors Lora::state_dict() const {
  NamedTensors state;
  for (const Layer& layer : layers_) {
    const std::string name = prefix + layer.name;
    state.emplace_back(name + a_end, layer.a.detach());
    state.emplace_back(name + b_end, layer.b.detach());
  }
  return state;
}

void Lora::save_adapter(const std::string& folder, SourceLocation location) const {
  const Call call{"Lora::save_adapter", location};
  std::error_code error;
  fs::create_directories(folder, error);
  require<IoError>(fs::is_directory(folder), call, "the folder ", in_quotes(folder),
                   " cannot be made: ", error.message());
  const bool is_transposed =
      std::ranges::any_of(layers_, [](const Layer& layer) { return layer.is_transposed; });
  const nlohmann::ordered_json written = {
      {"peft_type", "LORA"},
      {"task_type", writes_text_ ? json("CAUSAL_LM") : json()},
      {"base_model_name_or_path", nullptr},
      {"r", config.r},
      {"lora_alpha", config.lora_alpha},
      {"lora_dropout", config.lora_dropout},
      {"target_modules", config.target_modules == std::vector<std::string>{"all-linear"}
                             ? json("all-linear")
                             : json(config.target_modules)},
      {"bias", "none"},
      {"fan_in_fan_out", is_transposed},
      {"inference_mode", true}};
  save_safetensors(state_dict(), (fs::path(folder) / weights_file).string(), {{"format", "pt"}},
                   location);
  write_file((fs::path(folder) / config_file).string(), written.dump(2) + "\n", call);
}

Lora load_adapter(nn::Module& module, const std::string& folder, SourceLocation location) {
  const Call call{"load_adapter", location};
  const Config config((fs::path(folder) / config_file).string(), call);
  check_known(config);
  const NamedTensors state =
      load_safetensors((fs::path(folder) / weights_file).string(), {.device = "cpu"}, location);
  LoraConfig own{.r = config.size("r"),
                 .lora_alpha = config.get("lora_alpha", 8.),
                 .lora_dropout = config.get("lora_dropout", 0.),
                 .target_modules = names_of_layers(state, config)};
  return or_io_error(call, folder, [&] {
    Lora lora(module, own, call);
    NamedTensors expected = lora.state_dict();
    config.check(expected.size() == state.size(), weights_file, " has ", state.size(),
                 " tensors, the adapter of the network ", expected.size());
    const std::map<std::string, Tensor> values(state.begin(), state.end());
    const NoGrad off;
    for (auto& [name, tensor] : expected) {
      const auto found = values.find(name);
      config.check(found != values.end(), "there is no tensor ", in_quotes(name), " in ",
                   weights_file);
      config.check(found->second.shape() == tensor.shape(), in_quotes(name), " has the shape ",
                   found->second.shape(), ", not ", tensor.shape());
      tensor.copy_(found->second);
    }
    return lora;
  });
}

}  // namespace tinygrad::models
