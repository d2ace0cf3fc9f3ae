// SPDX-License-Identifier: MIT
// Pre-tokenizers cut a text into words; no token crosses the end of a word. The regular expressions
// of the known models are written as functions.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tinygrad::text {

/// A word of a text; what lies before it is dropped.
struct Word {
  std::size_t begin, end;
};
/// The first word at or behind `from`, which is below text.size(). It is empty, and at the end of
/// the text, if there is none.
using Splitter = Word (*)(std::string_view text, std::size_t from);

Word split_digits(std::string_view text, std::size_t from);  // each digit is a word
Word split_gpt2(std::string_view text, std::size_t from);
Word split_bert(std::string_view text, std::size_t from);
Word split_clip(std::string_view text, std::size_t from);
/// The splitters of a pre-tokenizer by the name that GGUF files use; empty if it is not known.
std::vector<Splitter> splitters_by_name(std::string_view name);
/// The splitter of a regular expression, or null if it is not known.
Splitter splitter_of_pattern(std::string_view pattern);
/// Names of all pre-tokenizers, for messages.
std::string splitter_names();

/// Calls use(word) for the words of each splitter's words.
template <class Use>
void split(std::string_view text, std::span<const Splitter> splitters, const Use& use) {
  if (splitters.empty()) return use(text);
  for (std::size_t at = 0; at < text.size();) {
    const Word word = splitters.front()(text, at);
    if (word.end > word.begin)
      split(text.substr(word.begin, word.end - word.begin), splitters.subspan(1), use);
    at = word.end;
  }
}

}  // namespace tinygrad::text
