// SPDX-License-Identifier: MIT
// Chooses a model by the "architectures" of config.json, and loads its weights.
#include "tinygrad/models/auto.h"

#include <algorithm>
#include <filesystem>

#include "config.h"
#include "llama_sizes.h"
#include "tinygrad/io/load.h"
#include "tinygrad/models/bert.h"
#include "tinygrad/models/gpt2.h"

namespace tinygrad::models {
namespace {

namespace fs = std::filesystem;

/// A folder that is read: its options and its tensors.
struct Folder {
  std::string path;
  Call call;
  Config config;
  NamedTensors state = {};

  FoundTensors found() const {
    FoundTensors tensors{call, path, {}};
    for (const auto& [name, tensor] : state) tensors.shapes.emplace(name, tensor.shape());
    return tensors;
  }
  /// Removes tensors that are computed, or that others stand for.
  template <class Test> void drop(const Test& is_dropped) {
    std::erase_if(state, [&](const auto& each) { return is_dropped(each.first); });
  }
  template <class Model> std::unique_ptr<Model> load(Model model) const {
    auto own = std::make_unique<Model>(std::move(model));
    own->load_state_dict(state, {}, call.location);
    own->to(default_device());
    own->eval();
    return own;
  }
};

NamedTensors load_state(const std::string& folder, const Call& call) {
  for (const char* name : {"model.safetensors", "model.safetensors.index.json"})
    if (fs::exists(fs::path(folder) / name))
      return tinygrad::load((fs::path(folder) / name).string(), {.device = "cpu"}, call.location);
  fail<IoError>(call, in_quotes(folder), ": there is no model.safetensors in it");
}

/// transformers 5 writes rope_parameters with "rope_type", earlier versions rope_theta, and
/// rope_scaling with "type" unless it is null.
double rope_theta(const Config& config) {
  using nlohmann::json;
  double theta = config.get("rope_theta", 10000.);
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    const json part = config.get(key, json::object());
    config.check(part.is_object(), in_quotes(key), " has another type than expected");
    for (const char* name : {"rope_type", "type"}) {
      const json type = part.value(name, json("default"));
      config.check(type == "default", in_quotes(key), " of the type ", type.dump(),
                   " is not known");
    }
    const json own = part.value("rope_theta", json(theta));
    config.check(own.is_number(), "\"rope_theta\" has another type than expected");
    theta = own.get<double>();
  }
  return theta;
}

std::unique_ptr<nn::Module> llama(Folder& folder) {
  const Config& c = folder.config;
  const std::string type = c.get<std::string>("model_type");
  c.expect("hidden_act", {"silu"});
  c.check(!c.get("use_sliding_window", false), "a sliding window of some layers is not known");
  const bool bias = c.get("attention_bias", false);
  LlamaOptions options{.vocab_size = c.size("vocab_size"),
                       .hidden_size = c.size("hidden_size"),
                       .intermediate_size = c.size("intermediate_size"),
                       .num_hidden_layers = c.size("num_hidden_layers"),
                       .num_attention_heads = c.size("num_attention_heads"),
                       .num_key_value_heads = c.size("num_key_value_heads", 0),
                       .head_dim = c.size("head_dim", 0),
                       .max_position_embeddings = c.size("max_position_embeddings"),
                       .sliding_window = type == "mistral" ? c.size("sliding_window", 0) : 0,
                       .rms_norm_eps = c.get<double>("rms_norm_eps"),
                       .rope_theta = rope_theta(c),
                       .tie_word_embeddings = c.get("tie_word_embeddings", false),
                       .qkv_bias = bias || type == "qwen2",
                       .o_bias = bias,
                       .mlp_bias = c.get("mlp_bias", false)};
  folder.drop([&](const std::string& name) {
    return name.ends_with(".rotary_emb.inv_freq") ||
           (options.tie_word_embeddings && name == "lm_head.weight");
  });
  check_sizes(folder.found(), options);
  return folder.load(Llama(options, folder.call.location));
}

std::unique_ptr<nn::Module> gpt2(Folder& folder) {
  const Config& c = folder.config;
  c.expect("activation_function", {"gelu_new", "gelu_pytorch_tanh"});
  c.check(c.get("scale_attn_weights", true) && !c.get("scale_attn_by_inverse_layer_idx", false),
          "this scale of the attention is not known");
  GPT2Options options{.vocab_size = c.size("vocab_size"),
                      .n_positions = c.size("n_positions"),
                      .n_embd = c.size("n_embd"),
                      .n_layer = c.size("n_layer"),
                      .n_head = c.size("n_head"),
                      .n_inner = c.size("n_inner", 0),
                      .layer_norm_epsilon = c.get("layer_norm_epsilon", 1e-5)};
  folder.drop([](const std::string& name) {  // masks, and the tied output
    return name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") ||
           name == "lm_head.weight";
  });
  for (auto& [name, tensor] : folder.state)
    if (!name.starts_with("transformer.")) name.insert(0, "transformer.");
  const FoundTensors found = folder.found();
  const std::int64_t d = options.n_embd, inner = options.n_inner == 0 ? 4 * d : options.n_inner;
  found.expect("transformer.wte.weight", {options.vocab_size, d});
  found.expect("transformer.wpe.weight", {options.n_positions, d});
  for (std::int64_t i = 0; i < options.n_layer; ++i) {
    const std::string layer = "transformer.h." + std::to_string(i);
    found.expect(layer + ".attn.c_attn.weight", {d, 3 * d});
    found.expect(layer + ".attn.c_proj.weight", {d, d});
    found.expect(layer + ".mlp.c_fc.weight", {d, inner});
    found.expect(layer + ".mlp.c_proj.weight", {inner, d});
  }
  return folder.load(GPT2(options, folder.call.location));
}

std::unique_ptr<nn::Module> bert(Folder& folder) {
  const Config& c = folder.config;
  c.expect("hidden_act", {"gelu"});
  c.expect("position_embedding_type", {"absolute"});
  const BertOptions options{.vocab_size = c.size("vocab_size"),
                            .hidden_size = c.size("hidden_size"),
                            .intermediate_size = c.size("intermediate_size"),
                            .num_hidden_layers = c.size("num_hidden_layers"),
                            .num_attention_heads = c.size("num_attention_heads"),
                            .max_position_embeddings = c.size("max_position_embeddings"),
                            .type_vocab_size = c.size("type_vocab_size", 2),
                            .layer_norm_eps = c.get("layer_norm_eps", 1e-12)};
  folder.drop([](const std::string& name) { return name.ends_with(".position_ids"); });
  const FoundTensors found = folder.found();
  const std::int64_t d = options.hidden_size, inner = options.intermediate_size;
  found.expect("embeddings.word_embeddings.weight", {options.vocab_size, d});
  found.expect("embeddings.position_embeddings.weight", {options.max_position_embeddings, d});
  found.expect("embeddings.token_type_embeddings.weight", {options.type_vocab_size, d});
  found.expect("pooler.dense.weight", {d, d});
  for (std::int64_t i = 0; i < options.num_hidden_layers; ++i) {
    const std::string layer = "encoder.layer." + std::to_string(i);
    for (const char* part : {"self.query", "self.key", "self.value", "output.dense"})
      found.expect(layer + ".attention." + part + ".weight", {d, d});
    found.expect(layer + ".intermediate.dense.weight", {inner, d});
    found.expect(layer + ".output.dense.weight", {d, inner});
  }
  return folder.load(Bert(options, folder.call.location));
}

struct Architecture {
  const char* name;
  std::unique_ptr<nn::Module> (*load)(Folder& folder);
};
constexpr Architecture architectures[] = {{"LlamaForCausalLM", llama},
                                          {"MistralForCausalLM", llama},
                                          {"Qwen2ForCausalLM", llama},
                                          {"GPT2LMHeadModel", gpt2},
                                          {"BertModel", bert}};

/// "eos_token_id": an id, a list of them, or nothing.
std::vector<std::int64_t> eos_token_ids(const Config& config) {
  const auto found = config.get("eos_token_id", nlohmann::json::array());
  std::vector<std::int64_t> ids;
  for (const auto& id : found.is_array() ? found : nlohmann::json::array({found}))
    if (id.is_number_integer()) ids.push_back(id.get<std::int64_t>());
  return ids;
}

}  // namespace

std::unique_ptr<nn::Module> load_pretrained(const std::string& path, SourceLocation location) {
  const Call call{"models::load_pretrained", location};
  const fs::path config = fs::path(path) / "config.json";
  Folder folder{path, call, Config(config.string(), call)};
  const auto names = folder.config.get<std::vector<std::string>>("architectures");
  const auto* known = std::ranges::find_if(architectures, [&](const Architecture& each) {
    return !names.empty() && names[0] == each.name;
  });
  folder.config.check(known != std::end(architectures), "the architecture ",
                      in_quotes(names.empty() ? "" : names[0]), " is not known");
  folder.state = load_state(path, call);
  auto model = or_io_error(call, path, [&] { return known->load(folder); });
  if (auto* decoder = dynamic_cast<CausalLM*>(model.get())) {
    const fs::path generation = fs::path(path) / "generation_config.json";
    decoder->eos_token_ids =
        eos_token_ids(fs::exists(generation) ? Config(generation.string(), call) : folder.config);
  }
  return model;
}

}  // namespace tinygrad::models
