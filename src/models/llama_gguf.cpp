// SPDX-License-Identifier: MIT
// Loads decoders of the Llama family from GGUF files, whose tensors have other names, and for
// "llama" another order of the rows of queries and keys.
#include <algorithm>
#include <array>
#include <numeric>

#include "llama_sizes.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

/// Parts of names in a file, and what a state calls them.
using Renamed = std::array<std::string_view, 2>;
constexpr Renamed outer_names[] = {
    {"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"}, {"output", "lm_head"}};
constexpr Renamed layer_names[] = {{"attn_norm", "input_layernorm"},
                                   {"attn_q", "self_attn.q_proj"},
                                   {"attn_k", "self_attn.k_proj"},
                                   {"attn_v", "self_attn.v_proj"},
                                   {"attn_output", "self_attn.o_proj"},
                                   {"ffn_gate", "mlp.gate_proj"},
                                   {"ffn_norm", "post_attention_layernorm"},
                                   {"ffn_up", "mlp.up_proj"},
                                   {"ffn_down", "mlp.down_proj"}};

/// "blk.3.attn_q.weight" -> "model.layers.3.self_attn.q_proj.weight"; empty if it is not known.
std::string state_name(std::string_view name) {
  std::string prefix;
  std::span<const Renamed> names = outer_names;
  if (name.starts_with("blk.")) {
    const std::size_t dot = std::min(name.find('.', 4), name.size() - 1);
    prefix = "model.layers." + std::string(name.substr(4, dot - 4)) + ".";
    name.remove_prefix(dot + 1);
    names = layer_names;
  }
  const std::size_t dot = std::min(name.find('.'), name.size());
  for (const auto& [from, to] : names)
    if (name.substr(0, dot) == from)
      return prefix + std::string(to) + std::string(name.substr(dot));
  return "";
}

/// In a file of "llama", the rows of each head of queries and keys have the order 0, E/2, 1, E/2 +
/// 1, ..., in which a rotary embedding of neighbours reads them. Returns where row i comes from.
std::vector<std::int64_t> halves(std::int64_t rows, std::int64_t head_dim) {
  std::vector<std::int64_t> from;
  for (std::int64_t head = 0; head < rows; head += head_dim)
    for (std::int64_t i = 0; i < head_dim; ++i)
      from.push_back(head + (2 * i) % head_dim + (2 * i) / head_dim);
  return from;
}

class Loader {
 public:
  Loader(const gguf::File& file, const GgufOptions& options, SourceLocation location)
      : file_(file),
        found_{{"models::load_llama", location}, file.path(), {}},
        options_(llama_options(file, location)),
        is_reordered_(file.get<std::string>("general.architecture") == "llama") {
    options_.quantized = options.quantized;
    for (const gguf::TensorInfo& info : file_.tensors()) {
      const std::string name = state_name(info.name);
      found_.check(!name.empty(), "the tensor ", in_quotes(info.name), " is not known");
      found_.shapes[name] = info.shape;
    }
    check_sizes(found_, options_);
  }

  Llama load() const {
    Llama llama(options_, found_.call.location);
    std::map<std::string, WeightMatrix*> matrices;
    for (const auto& [name, matrix] : llama.weight_matrices()) matrices[name + ".weight"] = matrix;
    NamedTensors state;
    for (const gguf::TensorInfo& info : file_.tensors()) {
      const auto matrix = matrices.find(state_name(info.name));
      if (options_.quantized && matrix != matrices.end()) matrix->second->blocks = blocks(info);
      else state.emplace_back(state_name(info.name), decoded(info));
    }
    llama.load_state_dict(state, {}, found_.call.location);
    return llama;
  }

 private:
  std::vector<std::int64_t> order(const gguf::TensorInfo& info) const {
    const bool is_rotated = info.name.find(".attn_q.") != info.name.npos ||
                            info.name.find(".attn_k.") != info.name.npos;
    if (!is_reordered_ || !is_rotated || info.shape.rank() == 0) return {};
    return halves(info.shape[0], options_.head_dim);
  }
  gguf::QuantizedMatrix blocks(const gguf::TensorInfo& info) const {
    using gguf::Type;
    const bool is_kept =
        info.type == Type::Q8_0 || info.type == Type::Q4_0 || info.type == Type::Q4_1;
    const auto matrix =
        is_kept ? file_.matrix(info.name)
                : gguf::QuantizedMatrix::quantize(file_.tensor(info.name, {.device = "cpu"}));
    const auto rows = order(info);
    return rows.empty() ? matrix : matrix.index_select(rows);
  }
  Tensor decoded(const gguf::TensorInfo& info) const {
    const Tensor tensor = file_.tensor(info.name, {.device = "cpu"});
    const auto rows = order(info);
    return rows.empty() ? tensor : tensor.index_select(0, tinygrad::tensor(rows));
  }

  const gguf::File& file_;
  FoundTensors found_;
  LlamaOptions options_;
  bool is_reordered_;
};

void check_known(const gguf::File& file, const std::string& prefix, const Call& call) {
  const auto scaling = file.get<std::string>(prefix + "rope.scaling.type", "none", call.location);
  require<IoError>(scaling == "none", call, in_quotes(file.path()), ": rope scaling ",
                   in_quotes(scaling), " is not known");
  require<IoError>(!file.find(prefix + "expert_count"), call, in_quotes(file.path()),
                   ": mixtures of experts are not known");
}

}  // namespace

LlamaOptions llama_options(const gguf::File& file, SourceLocation location) {
  const Call call{"models::llama_options", location};
  const auto architecture = file.get<std::string>("general.architecture", location);
  require<IoError>(architecture == "llama" || architecture == "qwen2", call, in_quotes(file.path()),
                   ": the architecture ", in_quotes(architecture),
                   " is not known; llama and qwen2 are");
  const std::string prefix = architecture + ".";
  check_known(file, prefix, call);
  const auto size = [&](const char* key) { return file.get<std::int64_t>(prefix + key, location); };
  const auto size_or = [&](const char* key, std::int64_t otherwise) {
    return file.get(prefix + key, otherwise, location);
  };
  const gguf::TensorInfo& embedding = file.info("token_embd.weight", location);
  return {.vocab_size = embedding.shape.rank() > 0 ? embedding.shape[0] : 0,
          .hidden_size = size("embedding_length"),
          .intermediate_size = size("feed_forward_length"),
          .num_hidden_layers = size("block_count"),
          .num_attention_heads = size("attention.head_count"),
          .num_key_value_heads = size_or("attention.head_count_kv", 0),
          .head_dim = size_or("attention.key_length", 0),
          .max_position_embeddings = size("context_length"),
          .sliding_window = size_or("attention.sliding_window", 0),
          .rms_norm_eps = file.get<double>(prefix + "attention.layer_norm_rms_epsilon", location),
          .rope_theta = file.get(prefix + "rope.freq_base", 10000., location),
          .tie_word_embeddings = !file.contains("output.weight"),
          .qkv_bias = file.contains("blk.0.attn_q.bias"),
          .o_bias = file.contains("blk.0.attn_output.bias"),
          .mlp_bias = file.contains("blk.0.ffn_up.bias")};
}

Llama load_llama(const gguf::File& file, const GgufOptions& options, SourceLocation location) {
  Llama llama = or_io_error({"models::load_llama", location}, file.path(),
                            [&] { return Loader(file, options, location).load(); });
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"})
    if (file.find(key)) llama.eos_token_ids.push_back(file.get<std::int64_t>(key, location));
  llama.to(default_device());
  llama.eval();
  return llama;
}

}  // namespace tinygrad::models
