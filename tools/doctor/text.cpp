// SPDX-License-Identifier: MIT
#include "text.h"

#include <cctype>

namespace tinygrad::doctor {
namespace {

struct Words {
  const char* english;
  const char* chinese;
};
constexpr Words table[] = {
    {"", ""},
#undef TEXT  // windows.h has one
#define TEXT(name, english, chinese) {english, chinese},
#include "texts.def"
};

int bytes_of(unsigned char first) {
  return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/// Chinese characters and their punctuation (U+2E80 to U+FFEF) take two columns; in UTF-8 they
/// begin with 0xE2 0xBA or more.
int columns_of(const std::string& character) {
  return character.size() >= 3 && static_cast<unsigned char>(character[0]) >= 0xE3 ? 2 : 1;
}

std::vector<std::string> characters(const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < text.size(); i += all.back().size())
    all.push_back(text.substr(i, std::size_t(bytes_of(text[i]))));
  return all;
}

/// The parts that must not be split: a word with the space before it, or one Chinese character with
/// the punctuation that follows.
std::vector<std::string> pieces(const std::string& text) {
  static const std::string never_first = "，。；：、）」！？";
  std::vector<std::string> all;
  bool wide_before = true;
  for (const std::string& c : characters(text)) {
    const bool wide = columns_of(c) == 2, begins = c == " " || wide || wide_before;
    const bool stays = wide && never_first.find(c) != std::string::npos;
    if (all.empty() || (begins && !stays)) all.push_back(c);
    else all.back() += c;
    wide_before = wide;
  }
  return all;
}

}  // namespace

std::string in_words(const Message& message, Language language) {
  const Words& row = table[std::size_t(message.text)];
  const std::string pattern = language == Language::chinese ? row.chinese : row.english;
  std::string words;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool hole = i + 2 < pattern.size() && pattern[i] == '{' &&
                      std::isdigit(static_cast<unsigned char>(pattern[i + 1])) &&
                      pattern[i + 2] == '}';
    if (!hole) words += pattern[i];
    else words += message.parts.at(std::size_t(pattern[i + 1] - '0')), i += 2;
  }
  return words;
}

Language language_of_locale(const std::string& locale) {
  return locale.rfind("zh", 0) == 0 ? Language::chinese : Language::english;
}

int width_of(const std::string& text) {
  int width = 0;
  for (const std::string& c : characters(text)) width += columns_of(c);
  return width;
}

std::vector<std::string> wrapped(const std::string& text, int columns) {
  std::vector<std::string> lines = {""};
  for (const std::string& piece : pieces(text)) {
    if (!lines.back().empty() && width_of(lines.back() + piece) > columns) lines.emplace_back();
    lines.back() += lines.back().empty() && piece[0] == ' ' ? piece.substr(1) : piece;
  }
  return lines;
}

}  // namespace tinygrad::doctor
