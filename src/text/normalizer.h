// SPDX-License-Identifier: MIT
// Normalizers: what is done to a text before it is cut into words.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace tinygrad::text {

/// `first` says whether the text is at the beginning of what is encoded.
using Normalizer = std::function<std::string(std::string_view text, bool first)>;

std::string lower_case(std::string_view text);
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);
/// Runs of spaces (\s+) become one ' '.
std::string single_spaces(std::string_view text);

/// BERT's: removes control characters, puts spaces around Chinese characters, removes accents,
/// lower case.
struct BertNormalizer {
  bool clean = true, chinese = true, accents = true, lower = true;
  std::string operator()(std::string_view text, bool) const;
};

/// "▁" for each ' ', as SentencePiece writes it, and one before the text if it has none: before
/// each text, before the first, or never.
struct Metaspace {
  enum class Prepend { always, first, never } prepend = Prepend::always;
  std::string operator()(std::string_view text, bool first) const;
};

}  // namespace tinygrad::text
