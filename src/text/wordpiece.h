// SPDX-License-Identifier: MIT
// WordPiece: BERT's model. A word is the longest token that it begins with, then the longest "##"
// token that its rest begins with, and so on; if that ends nowhere, it is the unknown token.
#pragma once
#include "model.h"
#include "trie.h"

namespace tinygrad::text {

class WordPiece : public Model {
 public:
  WordPiece(const Vocabulary& vocabulary, std::int64_t unknown, std::string_view prefix = "##",
            std::size_t longest_word = 100);  // in characters
  void encode(std::string_view word, Ids& ids) const override;

 private:
  std::int64_t unknown_;
  std::size_t longest_word_;
  Trie first_, rest_;
};

}  // namespace tinygrad::text
