// SPDX-License-Identifier: MIT
// Finds the most probable pieces of a text by Viterbi's algorithm, as SentencePiece does.
#include "unigram.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "byte_alphabet.h"
#include "unicode.h"

namespace tinygrad::text {

/// The best way to cut the text before a byte: its score, and its last piece.
struct Unigram::Best {
  float score = 0;
  std::int64_t id = -1, begin = -1;
};

Unigram::Unigram(std::vector<Piece> pieces, std::int64_t unknown, bool byte_fallback)
    : pieces_(std::move(pieces)), unknown_(unknown) {
  using Kind = Piece::Kind;
  smallest_ = std::numeric_limits<float>::max(), largest_ = std::numeric_limits<float>::lowest();
  if (byte_fallback) byte_ids_.resize(256, unknown);
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Piece& piece = pieces_[i];
    if (piece.kind == Kind::normal)
      smallest_ = std::min(smallest_, piece.score), largest_ = std::max(largest_, piece.score);
    if (piece.kind == Kind::normal || piece.kind == Kind::user_defined)
      trie_.insert(piece.text, std::int64_t(i)), longest_ = std::max(longest_, piece.text.size());
    const auto byte = piece.kind == Kind::byte ? byte_of(piece.text) : std::nullopt;
    if (byte && byte_fallback) byte_ids_[static_cast<unsigned char>(*byte)] = std::int64_t(i);
  }
}

std::vector<Unigram::Best> Unigram::best_paths(std::string_view text) const {
  constexpr float unknown_penalty = 10;
  constexpr float rebased = -100'000;  // scores of long texts would lose their digits
  std::vector<Best> best(text.size() + 1);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t character = code_point(text, begin).bytes;
    if (const float score = best[begin].score; score < rebased)
      for (std::size_t end = begin; end < std::min(begin + longest_ + 1, best.size()); ++end)
        best[end].score -= score;
    const auto offer = [&](std::size_t end, float score, std::int64_t id) {
      score += best[begin].score;
      if (best[end].begin < 0 || score > best[end].score)
        best[end] = {score, id, std::int64_t(begin)};
    };
    bool single = false;  // whether the character is a piece
    std::int32_t node = Trie::root;
    for (std::size_t end = begin; end < text.size();) {
      if ((node = trie_.step(node, text[end++])) == Trie::none) break;
      const std::int64_t id = trie_.value(node);
      if (id < 0) continue;
      const std::size_t length = end - begin;
      const Piece& piece = pieces_[std::size_t(id)];
      const bool always = piece.kind == Piece::Kind::user_defined;
      offer(end, always ? float(length) * largest_ - 0.1f : piece.score, id);
      single |= length == character;
    }
    if (!single) offer(begin + character, smallest_ - unknown_penalty, unknown_);
    begin += character;
  }
  return best;
}

void Unigram::add_unknown(std::string_view text, Ids& ids) const {
  for (const char byte : text) ids.push_back(byte_ids_[static_cast<unsigned char>(byte)]);
}

void Unigram::encode(std::string_view text, Ids& ids) const {
  const std::vector<Best> best = best_paths(text);
  std::vector<std::size_t> ends;
  for (std::size_t end = text.size(); end > 0; end = std::size_t(best[end].begin))
    ends.push_back(end);
  bool was_unknown = false;
  for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
    const auto [score, id, begin] = best[*end];
    const bool is_unknown = id == unknown_;
    if (is_unknown && !byte_ids_.empty())
      add_unknown(text.substr(std::size_t(begin), *end - std::size_t(begin)), ids);
    else if (!is_unknown || !was_unknown) ids.push_back(id);  // unknowns in a row are one
    was_unknown = is_unknown;
  }
}

}  // namespace tinygrad::text
