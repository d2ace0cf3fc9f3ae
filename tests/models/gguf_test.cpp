// SPDX-License-Identifier: MIT
// Tests models of GGUF files that are written here, with the names and the order of rows that
// llama.cpp's converter gives them.
#include <gtest/gtest.h>

#include "models/fixtures.h"
#include "tinygrad/models/auto.h"

namespace tinygrad::models {
namespace {

constexpr std::int64_t heads = 4, kv_heads = 2;
const LlamaOptions sizes{.vocab_size = 40,
                         .hidden_size = 32,
                         .intermediate_size = 64,
                         .num_hidden_layers = 2,
                         .num_attention_heads = heads,
                         .num_key_value_heads = kv_heads,
                         .max_position_embeddings = 32,
                         .rms_norm_eps = 1e-5,
                         .rope_theta = 10000};

/// As llama.cpp's convert_hf_to_gguf.py permutes the rows of queries and keys.
Tensor permute_rows(const Tensor& w, std::int64_t n_head) {
  const std::int64_t half = w.size(0) / n_head / 2, columns = w.size(1);
  return w.reshape({n_head, 2, half, columns}).transpose(1, 2).reshape(w.shape());
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  return at == text.npos ? text : text.replace(at, from.size(), to);
}
std::string gguf_name(std::string name) {
  for (const auto& [from, to] : {std::pair("model.layers.", "blk."),
                                 {"model.embed_tokens", "token_embd"},
                                 {"model.norm", "output_norm"},
                                 {"lm_head", "output"},
                                 {"self_attn.q_proj", "attn_q"},
                                 {"self_attn.k_proj", "attn_k"},
                                 {"self_attn.v_proj", "attn_v"},
                                 {"self_attn.o_proj", "attn_output"},
                                 {"input_layernorm", "attn_norm"},
                                 {"mlp.gate_proj", "ffn_gate"},
                                 {"post_attention_layernorm", "ffn_norm"},
                                 {"mlp.up_proj", "ffn_up"},
                                 {"mlp.down_proj", "ffn_down"}})
    name = replaced(name, from, to);
  return name;
}

/// A model, and the tensors and metadata of its file.
struct Written {
  explicit Written(LlamaOptions options = sizes) : model(options) {
    NamedTensors state;
    for (const auto& [name, value] : model.state_dict())
      state.emplace_back(name, formula_weight(name, value.shape()));
    model.load_state_dict(state);
    for (const auto& [name, value] : state) {
      const std::string to = gguf_name(name);
      const bool q = to.find("attn_q") != to.npos, k = to.find("attn_k") != to.npos;
      tensors.emplace_back(to, q || k ? permute_rows(value, q ? heads : kv_heads) : value);
    }
  }
  gguf::File save(gguf::Type type = gguf::Type::F32) const {
    gguf::save(tensors, path, metadata, {.type = type});
    return gguf::File(path);
  }
  void set(const std::string& key, const gguf::Value& value) {
    for (auto& [own, old] : metadata)
      if (own == key) old = value;
  }
  ~Written() { std::filesystem::remove(path); }

  Llama model;
  NamedTensors tensors;
  gguf::Metadata metadata = {{"general.architecture", "llama"},
                             {"llama.embedding_length", std::uint32_t(32)},
                             {"llama.feed_forward_length", std::uint32_t(64)},
                             {"llama.block_count", std::uint32_t(2)},
                             {"llama.attention.head_count", std::uint32_t(heads)},
                             {"llama.attention.head_count_kv", std::uint32_t(kv_heads)},
                             {"llama.attention.layer_norm_rms_epsilon", 1e-5f},
                             {"llama.context_length", std::uint32_t(32)}};
  const std::string path =
      (std::filesystem::temp_directory_path() / ("tinygrad_" + std::to_string(getpid()) + ".gguf"))
          .string();
};

TEST(Gguf, a_file_has_the_values_of_its_model) {
  const NoGrad off;
  Written written;
  Llama loaded = load_llama(written.save());
  const auto expected = written.model.state_dict();
  const auto state = loaded.state_dict();
  ASSERT_EQ(state.size(), expected.size());
  for (std::size_t i = 0; i < state.size(); ++i) {
    EXPECT_EQ(state[i].first, expected[i].first);
    EXPECT_EQ(state[i].second.to_vector<float>(), expected[i].second.to_vector<float>());
  }
  EXPECT_FALSE(loaded.training());
}

TEST(Gguf, tied_embeddings_and_other_types) {
  const NoGrad off;
  LlamaOptions options = sizes;
  options.tie_word_embeddings = true;
  Written written(options);
  Llama loaded = load_llama(written.save(gguf::Type::F16));
  // A float16 is within 2^-11 of the value.
  EXPECT_LT(largest_difference(loaded(small_ids()), written.model(small_ids())), 0.01);
}

// Blocks of 8 bits: an error of 1/254 of the largest of 32 neighbours, in weights and in inputs.
TEST(Gguf, blocks_are_kept) {
  const NoGrad off;
  Written written;
  const gguf::File file = written.save(gguf::Type::Q8_0);
  Llama blocks = load_llama(file, {.quantized = true}), decoded = load_llama(file);
  for (const auto& [name, matrix] : blocks.weight_matrices()) EXPECT_TRUE(matrix->blocks) << name;
  EXPECT_EQ(blocks.parameters().size(), 5u);  // the norms
  const Tensor expected = decoded(small_ids());
  const double error = largest_difference(blocks(small_ids()), expected);
  EXPECT_LT(error, 0.05 * abs(expected).max().item<double>());
  EXPECT_GT(error, 0);
}

TEST(Gguf, other_types_are_rounded_to_blocks) {
  const NoGrad off;
  Written written;
  const gguf::File file = written.save();
  Llama blocks = load_llama(file, {.quantized = true});
  EXPECT_EQ(blocks.model.embed_tokens.blocks->type(), gguf::Type::Q8_0);
  const Tensor expected = written.model(small_ids());
  EXPECT_LT(largest_difference(blocks(small_ids()), expected),
            0.05 * abs(expected).max().item<double>());
}

TEST(Gguf, refusals) {
  const auto refuses = [](Written& written, const char* part) {
    try {
      load_llama(written.save());
      ADD_FAILURE() << "loaded; expected a message with " << part;
    } catch (const IoError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  const auto with = [&](const char* key, const gguf::Value& value, const char* part) {
    Written written;
    written.set(key, value);
    refuses(written, part);
  };
  with("general.architecture", "mamba", "the architecture \"mamba\" is not known");
  with("llama.block_count", std::uint32_t(1 << 30), "there is no tensor");
  with("llama.embedding_length", std::uint32_t(64), "has the shape");
  with("llama.attention.head_count", std::uint32_t(0), "must be positive");
  with("llama.attention.head_count_kv", std::uint32_t(3), "do not divide");
  Written more, fewer, scaled;
  more.tensors.emplace_back("rope_freqs.weight", ones({4}));
  refuses(more, "the tensor \"rope_freqs.weight\" is not known");
  std::erase_if(fewer.tensors, [](auto& each) { return each.first == "output_norm.weight"; });
  refuses(fewer, "model.norm.weight");
  scaled.metadata.emplace_back("llama.rope.scaling.type", "yarn");
  refuses(scaled, "rope scaling \"yarn\"");
}

}  // namespace
}  // namespace tinygrad::models
