// SPDX-License-Identifier: MIT
// UTF-8 and the classes of code points. A byte that is not UTF-8 is a code point of its own above
// Unicode, of no class, so that texts with such bytes are read and written without a loss.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace tinygrad::text {

constexpr char32_t invalid = 0x110000;  // + the byte

struct CodePoint {
  char32_t value;
  std::size_t bytes;  // how many encode it
};
/// The code point that begins at `at`, which must be below text.size().
CodePoint code_point(std::string_view text, std::size_t at);
void append(std::string& text, char32_t point);
/// The text as code points.
std::u32string code_points(std::string_view text);
std::string utf8(std::u32string_view points);
/// The length of the text without a last character of which only the beginning is there.
std::size_t complete_length(std::string_view text);

/// Bits of the table tables::classes.
enum class Class : std::uint32_t {
  letter = 1,        // \p{L}
  number = 2,        // \p{N}
  space = 4,         // \s
  digit = 8,         // what the pre-tokenizer Digits isolates
  control = 16,      // what BERT's normalizer removes
  nonspacing = 32,   // \p{Mn}
  punctuation = 64,  // what BERT's pre-tokenizer isolates
};
constexpr Class operator|(Class a, Class b) { return Class(std::uint32_t(a) | std::uint32_t(b)); }
/// Whether a code point is in one of the classes.
bool is(char32_t point, Class classes);

char32_t lower(char32_t point);
/// Normalization forms D and C of Unicode (https://unicode.org/reports/tr15).
std::string nfd(std::string_view text);
std::string nfc(std::string_view text);

}  // namespace tinygrad::text
