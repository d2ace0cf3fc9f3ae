// SPDX-License-Identifier: MIT
// A small Llama that reads characters, the text that it learns from, and the same model with its
// weights in blocks.
#pragma once
#include <tinygrad/models/llama.h>
#include <tinygrad/tinygrad.h>

#include <string>
#include <utility>
#include <vector>

#include "common/text_file.h"

namespace lab {

namespace tg = tinygrad;
namespace models = tinygrad::models;
using tg::Tensor;

/// tinyshakespeare, or sentences that are drawn if it is not there.
inline std::string corpus() {
  try {
    return common::read_text("");
  } catch (const tg::IoError&) {}
  const std::vector<std::string> words[] = {{"The ", "A ", "My ", "Her "},
                                            {"king", "queen", "servant", "brother", "enemy"},
                                            {" sees ", " loves ", " hears ", " leaves "},
                                            {"him", "the crown", "a ghost", "his house"},
                                            {".\n", "!\n", "; ", " again.\n"}};
  std::string text;
  for (int i = 0; i < 20000; ++i)
    for (const auto& list : words)
      text += list[std::size_t(tg::randint(0, std::ssize(list), {}).item<std::int64_t>())];
  return text;
}

/// Two layers of 64 features in 4 heads, and 192 in between.
constexpr std::int64_t window = 64;
inline models::LlamaOptions small_llama(std::int64_t vocabulary) {
  return {.vocab_size = vocabulary,
          .hidden_size = 64,
          .intermediate_size = 192,
          .num_hidden_layers = 2,
          .num_attention_heads = 4,
          .max_position_embeddings = 256,
          .tie_word_embeddings = true};
}

/// n windows of a text from `begin` on, at places that are drawn or follow one another.
struct Windows {
  Tensor ids, next;
};
inline Windows windows(const Tensor& text, std::int64_t n, bool drawn) {
  const Tensor begin = drawn ? tg::randint(0, text.size(0) - window, {n}) : tg::arange(n) * window;
  const Tensor at = begin.unsqueeze(1) + tg::arange(window + 1);
  const Tensor all = text.index_select(0, at.flatten()).reshape({n, window + 1});
  return {all.slice(1, 0, window), all.slice(1, 1, window + 1).flatten()};
}
inline Tensor loss_of(models::Llama& model, const Windows& w) {
  const Tensor scores = model(w.ids);
  return cross_entropy(scores.reshape({-1, scores.size(2)}), w.next);
}

}  // namespace lab
