// SPDX-License-Identifier: MIT
// The rows of a language model: SmolLM2-135M, which scripts/fetch_models.sh puts into its folder.
// Its weights are kept in the file's blocks, or decoded to float32.
#include <tinygrad/models/auto.h>
#include <tinygrad/models/generate.h>

#include "common/models_folder.h"
#include "row.h"

namespace bench {
namespace {

namespace models = tg::models;

/// Reads `prompt` tokens, and generates `tokens` after them.
Work generate(const Row& row, const Setting& s) {
  const std::int64_t prompt = row.number("prompt", 1), tokens = row.number("tokens", 1);
  tg::require(s.device == tg::Device("cpu"), "generate", "is a row of the CPU");
  auto language =
      models::load_language_model(common::models_folder() + "/SmolLM2-135M-Instruct.Q4_1.gguf",
                                  {.quantized = row.word("weights") == "blocks"});
  const std::shared_ptr<models::CausalLM> model = std::move(language.model);
  model->eos_token_ids.clear();  // all write the same number of tokens
  const auto cache = std::make_shared<models::KvCache>(model->make_cache(prompt + tokens));
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < prompt; ++i) ids.push_back(1000 + 7 * i);
  return Work{[=] {
    const tg::NoGrad off;
    cache->truncate(0);
    (void)models::generate(*model, *cache, ids, {.max_new_tokens = tokens});
  }};
}

}  // namespace

Kinds language_kinds() { return {{"generate", generate}}; }

}  // namespace bench
