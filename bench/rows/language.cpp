// SPDX-License-Identifier: MIT
// The rows of a language model: SmolLM2-135M, which scripts/fetch_models.sh puts into its folder.
// Its weights are kept in the file's blocks, or decoded to float32.
#include <tinygrad/models/auto.h>
#include <tinygrad/models/generate.h>

#include <filesystem>

#include "common/models_folder.h"
#include "row.h"

namespace bench {
namespace {

namespace models = tg::models;

/// Reads `prompt` tokens, and generates `tokens` after them.
Work generate(const Row& row, const Setting& s) {
  const std::int64_t prompt = row.number("prompt", 1), tokens = row.number("tokens", 1);
  tg::require(s.device == tg::Device("cpu"), "generate", "is a row of the CPU");
  const bool is_in_blocks = row.word("weights") == "blocks";
  const std::string file = common::models_folder() + "/SmolLM2-135M-Instruct.Q4_1.gguf";
  auto language = models::load_language_model(file, {.quantized = is_in_blocks});
  const std::shared_ptr<models::CausalLM> model = std::move(language.model);
  model->eos_token_ids.clear();  // all write the same number of tokens
  const auto cache = std::make_shared<models::KvCache>(model->make_cache(prompt + tokens));
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < prompt; ++i) ids.push_back(1000 + 7 * i);
  const auto step = [=] {
    const tg::NoGrad off;
    cache->truncate(0);
    (void)models::generate(*model, *cache, ids, {.max_new_tokens = tokens});
  };
  // For each token all weights are read.
  double weights = double(std::filesystem::file_size(file));
  if (!is_in_blocks) {
    weights = 0;
    for (const Tensor& w : model->parameters()) weights += 4 * double(w.numel());
  }
  return Work{step, double(tokens) * weights};
}

}  // namespace

Kinds language_kinds() { return {{"generate", generate}}; }

}  // namespace bench
