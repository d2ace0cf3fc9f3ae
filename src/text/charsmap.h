// SPDX-License-Identifier: MIT
// The normalizer of SentencePiece: a precompiled map of characters (usually NFKC), and its rules
// for spaces.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parts.h"

namespace tinygrad::text {

/// A double-array trie in the layout of darts-clone, and the texts that it leads to:
/// uint32 size, the trie's units of 32 bits, texts that end with a zero byte.
class CharsMap {
 public:
  /// Throws Problem if the sizes do not fit.
  explicit CharsMap(std::string_view bytes);
  struct Replacement {
    std::string_view text;
    std::size_t length = 0;  // of what it replaces; 0 if nothing does
  };
  /// The replacement of the longest beginning of the text that has one.
  Replacement find(std::string_view text) const;

 private:
  std::vector<std::uint32_t> units_;
  std::string texts_;
};

class SentencePieceNormalizer {
 public:
  /// user_defined pieces are copied as they are.
  SentencePieceNormalizer(const SentencePieceOptions& options, Trie user_defined)
      : options_(options), map_(options.charsmap), user_defined_(std::move(user_defined)) {}
  std::string operator()(std::string_view text, bool first) const;

 private:
  CharsMap::Replacement next(std::string_view text) const;
  SentencePieceOptions options_;
  CharsMap map_;
  Trie user_defined_;
};

}  // namespace tinygrad::text
