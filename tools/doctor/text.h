// SPDX-License-Identifier: MIT
// Contains the doctor's text in each language. All sentences are in one table, texts.def.
#pragma once
#include <string>
#include <vector>

namespace tinygrad::doctor {

enum class Language { english, chinese };

enum class Text {
  none,
#undef TEXT  // windows.h has one
#define TEXT(name, english, chinese) name,
#include "texts.def"
};

/// A sentence and what fills its {0}, {1}, ...: it becomes words only when a language is known.
struct Message {
  Text text = Text::none;
  std::vector<std::string> parts = {};
  Message() = default;
  Message(Text text, std::vector<std::string> parts = {}) : text(text), parts(std::move(parts)) {}
  explicit operator bool() const { return text != Text::none; }
};

std::string in_words(const Message& message, Language language);
/// The language that LC_ALL, LC_MESSAGES or LANG ask for: Chinese if it begins with "zh", else
/// English.
Language language_of_locale(const std::string& locale);

/// Columns on a terminal: two for a Chinese character, one for any other.
int width_of(const std::string& text);
/// Lines of at most `columns` columns: broken at spaces and between Chinese characters.
std::vector<std::string> wrapped(const std::string& text, int columns);

}  // namespace tinygrad::doctor
