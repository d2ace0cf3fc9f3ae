// SPDX-License-Identifier: MIT
// Normalizes texts: lower case, spaces, and the normalizers of BERT and of SentencePiece's "▁".
#include "normalizer.h"

#include <algorithm>
#include <iterator>

#include "unicode.h"

namespace tinygrad::text {
namespace {

struct Range {
  char32_t first, last;
};
/// What BERT calls Chinese: the ideographs, without kana and Hangul.
constexpr Range chinese[] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF},
                             {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF},
                             {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
bool is_chinese(char32_t point) {
  return std::any_of(std::begin(chinese), std::end(chinese),
                     [&](Range r) { return point >= r.first && point <= r.last; });
}

/// The points that BERT keeps, with spaces as ' ' and around Chinese.
std::u32string cleaned(std::string_view text, bool clean, bool spaced) {
  std::u32string out;
  for (const char32_t point : code_points(text)) {
    const bool removed = point >= invalid || is(point, Class::control);
    if (clean && removed) continue;
    if (clean && is(point, Class::space)) out += U' ';
    else if (spaced && is_chinese(point)) (out += U' ') += point, out += U' ';
    else out += point;
  }
  return out;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out;
  for (const char32_t point : code_points(text)) {
    if (point == U'\u0130') out += "i\u0307";  // İ: the only one that becomes two
    else append(out, lower(point));
  }
  return out;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t found = text.find(from, at);
    out += text.substr(at, found - at);
    if (found == std::string_view::npos) return out;
    out += to;
    at = found + from.size();
  }
}

std::string single_spaces(std::string_view text) {
  std::string out;
  bool in_space = false;
  for (const char32_t point : code_points(text)) {
    const bool space = is(point, Class::space);
    if (!space) append(out, point);
    else if (!in_space) out += ' ';
    in_space = space;
  }
  return out;
}

std::string BertNormalizer::operator()(std::string_view text, bool) const {
  std::string out = utf8(cleaned(text, clean, chinese));
  if (accents) {
    std::u32string points = code_points(nfd(out));
    std::erase_if(points, [](char32_t point) { return is(point, Class::nonspacing); });
    out = utf8(points);
  }
  return lower ? lower_case(out) : out;
}

std::string Metaspace::operator()(std::string_view text, bool first) const {
  constexpr std::string_view mark = "▁";
  std::string out = replace_all(text, " ", mark);
  const bool wanted = prepend == Prepend::always || (prepend == Prepend::first && first);
  if (wanted && !out.starts_with(mark)) out.insert(0, mark);
  return out;
}

}  // namespace tinygrad::text
