// SPDX-License-Identifier: MIT
// The canonical normalization forms of Unicode: D takes characters apart (é = e + ´) and puts marks
// in order; C then joins what can be joined.
#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "unicode.h"
#include "unicode_tables.h"

namespace tinygrad::text {
namespace {

// Hangul syllables are computed (The Unicode Standard, section 3.12): L + V, or L + V + T.
constexpr char32_t syllables = 0xAC00, leads = 0x1100, vowels = 0x1161, trails = 0x11A7;
constexpr char32_t n_leads = 19, n_vowels = 21, n_trails = 28;
constexpr char32_t n_syllables = n_leads * n_vowels * n_trails;

std::uint32_t combining_class(char32_t point) {
  const auto after =
      std::upper_bound(std::begin(tables::combining), std::end(tables::combining), point,
                       [](char32_t p, const auto& range) { return p < range.first; });
  return std::prev(after)->order;
}

void decompose(std::u32string& out, char32_t point) {
  if (point >= syllables && point < syllables + n_syllables) {
    const char32_t index = point - syllables, trail = index % n_trails;
    out += char32_t(leads + index / (n_vowels * n_trails));
    out += vowels + index / n_trails % n_vowels;
    if (trail > 0) out += trails + trail;
    return;
  }
  const auto found =
      std::lower_bound(std::begin(tables::decompositions), std::end(tables::decompositions), point,
                       [](const auto& entry, char32_t p) { return entry.whole < p; });
  if (found == std::end(tables::decompositions) || found->whole != point) {
    out += point;
    return;
  }
  decompose(out, found->first);
  if (found->second > 0) decompose(out, found->second);
}

std::u32string decomposed(std::string_view text) {
  std::u32string out;
  for (const char32_t point : code_points(text)) decompose(out, point);
  for (auto from = out.begin(); from != out.end();) {  // each run of marks by its class
    const auto first = std::find_if(from, out.end(), combining_class);
    from = std::find_if_not(first, out.end(), combining_class);
    std::stable_sort(first, from, [](char32_t a, char32_t b) {
      return combining_class(a) < combining_class(b);
    });
  }
  return out;
}

/// The character that two others make, or 0.
char32_t composed(char32_t a, char32_t b) {
  if (a >= leads && a < leads + n_leads && b >= vowels && b < vowels + n_vowels)
    return syllables + ((a - leads) * n_vowels + b - vowels) * n_trails;
  if (a >= syllables && a < syllables + n_syllables && (a - syllables) % n_trails == 0 &&
      b > trails && b < trails + n_trails)
    return a + b - trails;
  static const auto table = [] {
    std::unordered_map<std::uint64_t, char32_t> all;
    for (const auto& entry : tables::decompositions)
      if (entry.composes) all[std::uint64_t(entry.first) << 32 | entry.second] = entry.whole;
    return all;
  }();
  const auto found = table.find(std::uint64_t(a) << 32 | b);
  return found == table.end() ? 0 : found->second;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

}  // namespace

std::string nfd(std::string_view text) {
  return is_ascii(text) ? std::string(text) : utf8(decomposed(text));
}

std::string nfc(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  std::u32string out;
  std::size_t starter = std::u32string::npos;  // the last character that a mark may join
  for (const char32_t point : decomposed(text)) {
    const std::uint32_t order = combining_class(point);
    const bool next = starter + 1 == out.size();
    const bool reaches = starter != std::u32string::npos &&
                         (next || (combining_class(out.back()) < order && order > 0));
    const char32_t whole = reaches ? composed(out[starter], point) : 0;
    if (whole > 0) {
      out[starter] = whole;
      continue;
    }
    if (order == 0) starter = out.size();
    out += point;
  }
  return utf8(out);
}

}  // namespace tinygrad::text
