// SPDX-License-Identifier: MIT
// Runs the parts of a tokenizer: encode, and decode as the join of the tokens' texts.
#include "pipeline.h"

#include <algorithm>
#include <utility>

#include "unicode.h"

namespace tinygrad::text {
namespace {

std::string apply(const std::vector<Normalizer>& normalizers, std::string text, bool first) {
  for (const Normalizer& normalizer : normalizers) text = normalizer(text, first);
  return text;
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && is(code_point(text, at).value, Class::space))
    at += code_point(text, at).bytes;
  return at;
}
/// Where the spaces at the end of a text begin.
std::size_t without_spaces(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point(text, at);
    at += point.bytes;
    if (!is(point.value, Class::space)) end = at;
  }
  return end;
}

}  // namespace

void Pipeline::add(const AddedToken& token) {
  if (token.special) special[std::size_t(token.id)] = 1;
  const std::string text = token.normalized ? apply(normalizers, token.text, false) : token.text;
  if (text.empty()) return;
  (token.normalized ? added_normalized_ : added_raw_).insert(text, std::int64_t(added_.size()));
  added_.push_back(token);
}

template <class OnToken, class OnPiece>
void Pipeline::cut(std::string_view text, bool normalized, bool parse_special,
                   const OnToken& on_token, const OnPiece& on_piece) const {
  const Trie& trie = normalized ? added_normalized_ : added_raw_;
  std::size_t done = 0;
  const auto piece_until = [&](std::size_t end) {
    if (end > done) on_piece(text.substr(done, end - done), done);
  };
  for (std::size_t at = 0; !trie.empty() && at < text.size();) {
    const auto match = trie.longest(text.substr(at));
    const AddedToken* token = match.length > 0 ? &added_[std::size_t(match.value)] : nullptr;
    if (!token || (token->special && !parse_special)) {
      ++at;
      continue;
    }
    const std::string_view before = text.substr(done, at - done);
    piece_until(token->strips_left ? done + without_spaces(before) : at);
    on_token(token->id);
    at += match.length;
    done = at = token->strips_right ? skip_spaces(text, at) : at;
  }
  piece_until(text.size());
}

Ids Pipeline::encode(std::string_view text, const EncodeOptions& options) const {
  Ids ids = options.add_special_tokens ? prefix : Ids{};
  const auto token = [&](std::int64_t id) { ids.push_back(id); };
  cut(text, false, options.parse_special_tokens, token,
      [&](std::string_view piece, std::size_t at) {
        const bool first = at == 0;
        const std::string normal =
            normalizers.empty() ? "" : apply(normalizers, std::string(piece), first);
        cut(normalizers.empty() ? piece : normal, true, options.parse_special_tokens, token,
            [&](std::string_view part, std::size_t begin) {
              encode_piece(part, first && begin == 0, ids);
            });
      });
  if (options.add_special_tokens) ids.insert(ids.end(), suffix.begin(), suffix.end());
  return ids;
}

void Pipeline::encode_piece(std::string_view text, bool first, Ids& ids) const {
  if (prepare.empty()) encode_words(text, ids);
  else encode_words(apply(prepare, std::string(text), first), ids);
}

void Pipeline::encode_words(std::string_view text, Ids& ids) const {
  if (text.empty()) return;
  if (splitters.empty()) return model->encode(text, ids);
  std::unordered_map<std::string_view, std::pair<std::size_t, std::size_t>> known;  // in ids
  split(text, splitters, [&](std::string_view word) {
    const auto [entry, is_new] = known.try_emplace(word, ids.size(), 0);
    auto& [begin, end] = entry->second;
    if (is_new) model->encode(word, ids), end = ids.size();
    else
      for (std::size_t i = begin; i < end; ++i) ids.push_back(ids[i]);
  });
}

void Pipeline::check(const char* call, std::int64_t id) const {
  require<IndexError>(id >= 0 && id < size(), call, "the id ", id, " is not in [0, ", size(),
                      "), the ids of this tokenizer");
}

std::string Pipeline::decode(std::span<const std::int64_t> ids,
                             const DecodeOptions& options) const {
  std::string text;
  bool first = true;
  for (const std::int64_t id : ids) {
    check("decode", id);
    if (options.skip_special_tokens && special[std::size_t(id)]) continue;
    std::string_view part = texts[std::size_t(id)];
    if (join == Join::first_as_written && first) part = vocabulary[id];
    const bool at_begin = (join == Join::drop_first_space && first) ||
                          (join == Join::drop_leading_spaces && text.empty());
    if (at_begin && vocabulary[id].starts_with("▁")) part.remove_prefix(1);
    text += part;
    first = false;
  }
  if (join != Join::trim) return text;
  text.resize(without_spaces(text));
  return text.substr(skip_spaces(text, 0));
}

std::string Pipeline::token(std::int64_t id) const {
  check("token", id);
  return vocabulary[id];
}

std::optional<std::int64_t> Pipeline::id(std::string_view token) const {
  const std::int64_t found = vocabulary.find(token);
  return found < 0 ? std::nullopt : std::optional(found);
}

}  // namespace tinygrad::text
