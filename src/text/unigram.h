// SPDX-License-Identifier: MIT
// Unigram: a unigram language model over pieces (Kudo 2018, https://arxiv.org/abs/1804.10959). Of
// all ways to cut a text into pieces it takes the one with the largest sum of log-probabilities.
#pragma once
#include "model.h"
#include "trie.h"

namespace tinygrad::text {

/// A piece of a SentencePiece model, with the kinds that its files give by these integers.
struct Piece {
  enum class Kind { normal = 1, unknown, control, user_defined, unused, byte };
  std::string text;
  float score = 0;
  Kind kind = Kind::normal;
};

class Unigram : public Model {
 public:
  Unigram(std::vector<Piece> pieces, std::int64_t unknown, bool byte_fallback);
  void encode(std::string_view text, Ids& ids) const override;

 private:
  struct Best;
  std::vector<Best> best_paths(std::string_view text) const;
  void add_unknown(std::string_view text, Ids& ids) const;
  std::vector<Piece> pieces_;
  std::vector<std::int64_t> byte_ids_;  // empty if unknown characters do not become bytes
  std::int64_t unknown_;
  float smallest_ = 0, largest_ = 0;  // scores of normal pieces
  std::size_t longest_ = 4;           // the bytes of the longest piece, or of a character
  Trie trie_;
};

}  // namespace tinygrad::text
