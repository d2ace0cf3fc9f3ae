// SPDX-License-Identifier: MIT
// Bpe: byte-pair encoding. A word begins as its bytes or characters; the two neighbours that were
// merged first in training become one token, until no neighbours are a merge.
#pragma once
#include <array>
#include <memory>
#include <utility>

#include "model.h"
#include "trie.h"

namespace tinygrad::text {

struct BpeOptions {
  bool byte_level = true;        // a word is bytes in GPT-2's alphabet, otherwise characters
  bool ignore_merges = false;    // a word that is a token as a whole is that token
  bool byte_fallback = false;    // an unknown character becomes <0xXX> tokens
  bool fuse_unknown = false;     // unknown characters in a row are one unknown token
  std::string end_of_word = "";  // what the last character of a word has, as CLIP's "</w>"
  std::int64_t unknown = -1;     // the token of unknown characters; without it they are dropped
};

class Bpe : public Model {
 public:
  /// Two tokens that become a third. The smallest rank is merged first, then the leftmost.
  struct Merge {
    std::int64_t left, right, whole, rank;
  };
  Bpe(const Vocabulary& vocabulary, const std::vector<Merge>& merges, BpeOptions options);
  /// Texts that are one token before anything is merged, and are never merged.
  void keep_whole(std::string_view text, std::int64_t id) { whole_.insert(text, id); }
  void encode(std::string_view word, Ids& ids) const override;

 private:
  struct Symbol;
  struct Candidate;
  struct Join {
    std::int32_t rank, whole;
  };
  using Symbols = std::vector<Symbol>;
  Symbols symbols(std::string_view word) const;
  void add_unknown(std::string_view character, Symbols& symbols) const;
  const Join* find(const Symbol& left, const Symbol& right) const;

  const Vocabulary& vocabulary_;
  BpeOptions options_;
  std::array<std::int64_t, 256> bytes_, last_bytes_;  // tokens of bytes, and at the end of a word
  std::unordered_map<std::uint64_t, Join> joins_;
  Trie whole_;
};

}  // namespace tinygrad::text
