// SPDX-License-Identifier: MIT
// Encodes a word by byte-pair encoding in O(n log n): the symbols are a linked list, the merges
// that are possible a heap.
#include "bpe.h"

#include <algorithm>
#include <queue>
#include <tuple>

#include "byte_alphabet.h"
#include "unicode.h"

namespace tinygrad::text {
namespace {

std::uint64_t pair_of(std::int64_t left, std::int64_t right) {
  return std::uint64_t(left) << 32 | std::uint64_t(right);
}

}  // namespace

struct Bpe::Symbol {
  std::int32_t id, next, previous;  // the neighbours' places, or -1
  bool frozen = false;
};

/// A merge that was possible when the symbols at `at` and behind it were these tokens.
struct Bpe::Candidate {
  std::int32_t rank, at, left, right, whole;
  /// Whether the other one is merged earlier.
  bool operator<(const Candidate& other) const {
    return std::tie(rank, at) > std::tie(other.rank, other.at);
  }
};

Bpe::Bpe(const Vocabulary& vocabulary, const std::vector<Merge>& merges, BpeOptions options)
    : vocabulary_(vocabulary), options_(std::move(options)) {
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const std::string& text = byte_alphabet()[byte];
    bytes_[byte] = vocabulary.find(text);
    last_bytes_[byte] = vocabulary.find(text + options_.end_of_word);
  }
  joins_.reserve(merges.size());
  for (const Merge& m : merges)
    joins_.try_emplace(pair_of(m.left, m.right), Join{std::int32_t(m.rank), std::int32_t(m.whole)});
}

void Bpe::add_unknown(std::string_view character, Symbols& symbols) const {
  const auto add = [&](std::int64_t id) { symbols.push_back({std::int32_t(id), -1, -1}); };
  Ids bytes;
  for (const char byte : character)
    bytes.push_back(vocabulary_.find(byte_token(static_cast<unsigned char>(byte))));
  if (options_.byte_fallback && std::find(bytes.begin(), bytes.end(), -1) == bytes.end())
    return std::for_each(bytes.begin(), bytes.end(), add), void();
  const bool fused =
      options_.fuse_unknown && !symbols.empty() && symbols.back().id == options_.unknown;
  if (options_.unknown >= 0 && !fused) add(options_.unknown);
}

Bpe::Symbols Bpe::symbols(std::string_view word) const {
  Symbols all;
  all.reserve(word.size());
  for (std::size_t at = 0; at < word.size();) {
    if (const auto match = whole_.longest(word.substr(at)); match.length > 0) {
      all.push_back({std::int32_t(match.value), -1, -1, true});
      at += match.length;
      continue;
    }
    const std::size_t bytes = options_.byte_level ? 1 : code_point(word, at).bytes;
    const std::string_view character = word.substr(at, bytes);
    at += bytes;
    const bool last = at == word.size();
    const auto byte = static_cast<unsigned char>(character[0]);
    std::int64_t id;
    if (options_.byte_level) id = (last ? last_bytes_ : bytes_)[byte];
    else if (!last || options_.end_of_word.empty()) id = vocabulary_.find(character);
    else id = vocabulary_.find(std::string(character) + options_.end_of_word);
    if (id >= 0) all.push_back({std::int32_t(id), -1, -1});
    else add_unknown(character, all);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].previous = std::int32_t(i) - 1;
    all[i].next = i + 1 < all.size() ? std::int32_t(i) + 1 : -1;
  }
  return all;
}

const Bpe::Join* Bpe::find(const Symbol& left, const Symbol& right) const {
  if (left.frozen || right.frozen) return nullptr;
  const auto found = joins_.find(pair_of(left.id, right.id));
  return found == joins_.end() ? nullptr : &found->second;
}

void Bpe::encode(std::string_view word, Ids& ids) const {
  if (options_.ignore_merges)
    if (const auto id =
            vocabulary_.find(options_.byte_level ? to_alphabet(word) : std::string(word));
        id >= 0)
      return ids.push_back(id);
  Symbols all = symbols(word);
  std::priority_queue<Candidate> queue;
  const auto consider = [&](std::int32_t at) {
    if (at < 0 || all[std::size_t(at)].next < 0) return;
    const Symbol &left = all[std::size_t(at)], &right = all[std::size_t(left.next)];
    if (const Join* join = find(left, right))
      queue.push({join->rank, at, left.id, right.id, join->whole});
  };
  for (std::size_t i = 0; i < all.size(); ++i) consider(std::int32_t(i));
  constexpr std::int32_t gone = -1;
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    Symbol& left = all[std::size_t(top.at)];
    if (left.id != top.left || left.next < 0) continue;
    Symbol& right = all[std::size_t(left.next)];
    if (right.id != top.right) continue;
    left.id = top.whole, right.id = gone, left.next = right.next;
    if (left.next >= 0) all[std::size_t(left.next)].previous = top.at;
    consider(left.previous), consider(top.at);
  }
  for (const Symbol& symbol : all)
    if (symbol.id != gone) ids.push_back(symbol.id);
}

}  // namespace tinygrad::text
