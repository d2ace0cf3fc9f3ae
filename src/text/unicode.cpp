// SPDX-License-Identifier: MIT
// Reads and writes UTF-8, and looks code points up in the tables of classes and lower case.
#include "unicode.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "unicode_tables.h"

namespace tinygrad::text {
namespace {

/// How many bytes the first byte announces, and the smallest code point of that length.
CodePoint announced(unsigned char first) {
  if (first < 0x80) return {0, 1};
  if (first >= 0xC2 && first < 0xE0) return {0x80, 2};
  if (first >= 0xE0 && first < 0xF0) return {0x800, 3};
  if (first >= 0xF0 && first < 0xF5) return {0x10000, 4};
  return {0, 0};
}
bool continues(char byte) { return (byte & 0xC0) == 0x80; }

std::uint32_t mask_of(char32_t point) {
  const auto after = std::upper_bound(std::begin(tables::classes), std::end(tables::classes),
                                      std::uint32_t(point) << 7 | 127);
  return *std::prev(after) & 127;
}

}  // namespace

CodePoint code_point(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, 1};
  const CodePoint bad{invalid + first, 1};
  const auto [least, bytes] = announced(first);
  if (bytes == 0 || bytes > text.size() - at) return bad;
  char32_t value = first & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!continues(text[at + i])) return bad;
    value = value << 6 | (text[at + i] & 0x3F);
  }
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  return value < least || value > 0x10FFFF || surrogate ? bad : CodePoint{value, bytes};
}

void append(std::string& text, char32_t point) {
  const auto byte = [&](char32_t bits) { text += char(bits); };
  const auto rest = [&](int shift) { byte(0x80 | (point >> shift & 0x3F)); };
  if (point >= invalid) byte(point - invalid);
  else if (point < 0x80) byte(point);
  else if (point < 0x800) byte(0xC0 | point >> 6), rest(0);
  else if (point < 0x10000) byte(0xE0 | point >> 12), rest(6), rest(0);
  else byte(0xF0 | point >> 18), rest(12), rest(6), rest(0);
}

std::u32string code_points(std::string_view text) {
  std::u32string points;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point(text, at);
    points += point.value, at += point.bytes;
  }
  return points;
}

std::string utf8(std::u32string_view points) {
  std::string text;
  for (const char32_t point : points) append(text, point);
  return text;
}

std::size_t complete_length(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const char byte = text[text.size() - back];
    if (continues(byte)) continue;
    return announced(static_cast<unsigned char>(byte)).bytes > back ? text.size() - back
                                                                    : text.size();
  }
  return text.size();
}

bool is(char32_t point, Class classes) {
  static const auto ascii = [] {
    std::array<std::uint8_t, 128> masks;
    for (char32_t c = 0; c < 128; ++c) masks[c] = std::uint8_t(mask_of(c));
    return masks;
  }();
  return (point < 128 ? ascii[point] : mask_of(point)) & std::uint32_t(classes);
}

char32_t lower(char32_t point) {
  const auto run = std::partition_point(std::begin(tables::lower), std::end(tables::lower),
                                        [&](const auto& r) { return r.last < point; });
  const bool inside = run != std::end(tables::lower) && point >= run->first &&
                      (point - run->first) % char32_t(run->step) == 0;
  return inside ? point + char32_t(run->delta) : point;
}

}  // namespace tinygrad::text
