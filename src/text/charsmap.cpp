// SPDX-License-Identifier: MIT
// Normalizes a text as SentencePiece does.
#include "charsmap.h"

#include <algorithm>
#include <cstring>

#include "problem.h"
#include "unicode.h"

namespace tinygrad::text {
namespace {

// The fields of a unit of the trie (darts-clone's darts.h).
bool has_leaf(std::uint32_t unit) { return unit >> 8 & 1; }
std::uint32_t value(std::uint32_t unit) { return unit & 0x7FFFFFFF; }
std::uint32_t label(std::uint32_t unit) { return unit & 0x800000FF; }
std::uint32_t offset(std::uint32_t unit) { return unit >> 10 << ((unit & 0x200) >> 6); }

}  // namespace

CharsMap::CharsMap(std::string_view bytes) {
  if (bytes.empty()) return;
  std::uint32_t size = 0;
  expect(bytes.size() > sizeof size, "the map of characters is cut short");
  std::memcpy(&size, bytes.data(), sizeof size);
  bytes.remove_prefix(sizeof size);
  expect(size % sizeof units_[0] == 0 && size > 0 && size < bytes.size(),
         "the map of characters has a trie of ", size, " bytes, and ", bytes.size(), " are there");
  units_.resize(size / sizeof units_[0]);
  std::memcpy(units_.data(), bytes.data(), size);
  texts_ = bytes.substr(size);
}

CharsMap::Replacement CharsMap::find(std::string_view text) const {
  Replacement best;
  if (units_.empty()) return best;
  const auto unit = [&](std::uint32_t at) { return at < units_.size() ? units_[at] : 0; };
  std::uint32_t node = offset(unit(0));
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    node ^= byte;
    if (label(unit(node)) != byte) break;
    const bool leaf = has_leaf(unit(node));
    node ^= offset(unit(node));
    if (!leaf) continue;
    const std::size_t begin = std::min<std::size_t>(value(unit(node)), texts_.size());
    best = {texts_.c_str() + begin, i + 1};
  }
  return best;
}

CharsMap::Replacement SentencePieceNormalizer::next(std::string_view text) const {
  if (const auto match = user_defined_.longest(text); match.length > 0)
    return {text.substr(0, match.length), match.length};
  if (const auto found = map_.find(text); found.length > 0) return found;
  const CodePoint point = code_point(text, 0);
  return {point.value < invalid ? text.substr(0, point.bytes) : "\uFFFD", point.bytes};
}

std::string SentencePieceNormalizer::operator()(std::string_view text, bool) const {
  constexpr std::string_view mark = "▁";
  const bool remove = options_.remove_spaces;
  std::string out;
  bool begins = true, after_space = remove;
  while (!text.empty()) {
    auto [part, length] = next(text);
    text.remove_prefix(length);
    if (begins && remove && part == " ") continue;
    if (begins && options_.dummy_prefix) out += mark;
    begins = false;
    while (after_space && part.starts_with(' ')) part.remove_prefix(1);
    out += replace_all(part, " ", mark);
    if (!part.empty()) after_space = remove && part.ends_with(' ');
  }
  while (remove && out.ends_with(mark)) out.resize(out.size() - mark.size());
  return out;
}

}  // namespace tinygrad::text
