// SPDX-License-Identifier: MIT
// Encodes a word by WordPiece with two tries: of the tokens, and of the "##" tokens without "##".
#include "wordpiece.h"

#include "unicode.h"

namespace tinygrad::text {

WordPiece::WordPiece(const Vocabulary& vocabulary, std::int64_t unknown, std::string_view prefix,
                     std::size_t longest_word)
    : unknown_(unknown), longest_word_(longest_word) {
  for (std::int64_t id = 0; id < vocabulary.size(); ++id) {
    const std::string_view token = vocabulary[id];
    first_.insert(token, id);
    if (token.starts_with(prefix)) rest_.insert(token.substr(prefix.size()), id);
  }
}

void WordPiece::encode(std::string_view word, Ids& ids) const {
  const std::size_t begin = ids.size();
  bool known = code_points(word).size() <= longest_word_;
  for (std::size_t at = 0; known && at < word.size();) {
    const auto match = (at == 0 ? first_ : rest_).longest(word.substr(at));
    known = match.length > 0;
    at += match.length;
    ids.push_back(match.value);
  }
  if (known) return;
  ids.resize(begin);
  ids.push_back(unknown_);
}

}  // namespace tinygrad::text
