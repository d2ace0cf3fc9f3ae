// SPDX-License-Identifier: MIT
// Splits text into words as the regular expressions of GPT-2, Llama 3, Qwen 2 and CLIP do, and as
// BERT does. Each function follows the alternatives of its expression in their order.
#include "pre_tokenizer.h"

#include <algorithm>
#include <iterator>

#include "unicode.h"

namespace tinygrad::text {
namespace {

constexpr Class letter = Class::letter, number = Class::number, space = Class::space;
constexpr Class any_word = letter | number | space;

/// A place in a text.
struct Place {
  std::string_view text;
  std::size_t at;
  bool end() const { return at >= text.size(); }
  char byte() const { return end() ? '\0' : text[at]; }
  bool in(Class classes) const { return !end() && is(code_point(text, at).value, classes); }
  bool other() const { return !end() && !in(any_word); }  // [^\s\p{L}\p{N}]
  Place next() const { return {text, at + code_point(text, at).bytes}; }
  Place skip(Class classes, std::size_t most = std::string_view::npos) const {
    Place p = *this;
    for (; most > 0 && p.in(classes); --most) p = p.next();
    return p;
  }
  Place skip_other() const {
    Place p = *this;
    while (p.other()) p = p.next();
    return p;
  }
};

/// 's|'t|'re|'ve|'m|'ll|'d: the length of it, or 0. Without case, ſ (U+017F) is an s.
std::size_t contraction(std::string_view text, bool any_case) {
  if (text.empty() || text[0] != '\'') return 0;
  if (any_case && text.substr(1).starts_with("\u017F")) return 3;
  const auto letter_at = [&](std::size_t i) {
    const char c = i < text.size() ? text[i] : '\0';
    return any_case && c >= 'A' && c <= 'Z' ? char(c + 32) : c;
  };
  const char first = letter_at(1), second = letter_at(2);
  if (first != '\0' && std::string_view("stmd").find(first) != std::string_view::npos) return 2;
  const bool pair =
      (second == 'e' && (first == 'r' || first == 'v')) || (first == 'l' && second == 'l');
  return pair ? 3 : 0;
}

/// \s+(?!\S)|\s+ : a run of spaces, whose last belongs to the word behind it.
Place spaces(Place from) {
  const Place first = from.next(), end = from.skip(space);
  if (end.end()) return end;
  Place before = first;
  for (Place p = first; p.at < end.at; p = p.next()) before = p;
  return before;
}

/// \s*[\r\n]+ : a run of spaces up to its last line break, or nothing.
Place line_breaks(Place from) {
  Place last = from;
  for (Place p = from; p.in(space); p = p.next())
    if (p.byte() == '\r' || p.byte() == '\n') last = p.next();
  return last;
}

Place after_line_breaks(Place p) {
  while (p.byte() == '\r' || p.byte() == '\n') p = p.next();
  return p;
}

/// The expression of Llama 3, with words of at most `digits` numbers. tiktoken first tries \s+$.
Word llama3(std::string_view text, std::size_t from, std::size_t digits, bool end_first = false) {
  const Place p{text, from};
  if (const std::size_t length = contraction(text.substr(from), true)) return {from, from + length};
  const bool line_break = p.byte() == '\r' || p.byte() == '\n';
  if (p.in(letter)) return {from, p.skip(letter).at};
  if (!line_break && !p.in(number) && p.next().in(letter)) return {from, p.next().skip(letter).at};
  if (p.in(number)) return {from, p.skip(number, digits).at};
  const Place word = p.byte() == ' ' ? p.next() : p;
  if (word.other()) return {from, after_line_breaks(word.skip_other()).at};
  if (end_first && p.skip(space).end()) return {from, text.size()};
  const Place line = line_breaks(p);
  return {from, line.at > from ? line.at : spaces(p).at};
}

Word split_llama3(std::string_view text, std::size_t from) { return llama3(text, from, 3); }
Word split_cl100k(std::string_view text, std::size_t from) { return llama3(text, from, 3, true); }
Word split_qwen2(std::string_view text, std::size_t from) { return llama3(text, from, 1); }

struct Named {
  std::string_view name;
  std::vector<Splitter> splitters;
};
const Named named[] = {
    {"gpt-2", {split_gpt2}},  {"llama-bpe", {split_llama3}},          {"cl100k", {split_cl100k}},
    {"qwen2", {split_qwen2}}, {"smollm", {split_digits, split_gpt2}},
};

struct Pattern {
  std::string_view text;
  Splitter splitter;
};
#define LLAMA3(digits)                                                    \
  R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})" digits \
  R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"
#define CLIP R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)"
constexpr Pattern patterns[] = {
    {LLAMA3("{1,3}"), split_llama3},
    {LLAMA3(""), split_qwen2},
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", split_gpt2},
    {R"(<\|startoftext\|>|<\|endoftext\|>|)" CLIP, split_clip},
    {CLIP, split_clip},
};
#undef CLIP
#undef LLAMA3

}  // namespace

Word split_digits(std::string_view text, std::size_t from) {
  Place p{text, from};
  if (p.in(Class::digit)) return {from, p.next().at};
  while (!p.end() && !p.in(Class::digit)) p = p.next();
  return {from, p.at};
}

Word split_gpt2(std::string_view text, std::size_t from) {
  const Place p{text, from};
  if (const std::size_t length = contraction(text.substr(from), false))
    return {from, from + length};
  const Place word = p.byte() == ' ' ? p.next() : p;
  for (const Class kind : {letter, number})
    if (word.in(kind)) return {from, word.skip(kind).at};
  return {from, word.other() ? word.skip_other().at : spaces(p).at};
}

Word split_bert(std::string_view text, std::size_t from) {
  const Place begin = Place{text, from}.skip(space);
  if (begin.in(Class::punctuation)) return {begin.at, begin.next().at};
  Place p = begin;
  while (!p.end() && !p.in(space | Class::punctuation)) p = p.next();
  return {begin.at, p.at};
}

Word split_clip(std::string_view text, std::size_t from) {
  const Place p = Place{text, from}.skip(space);
  if (p.end()) return {p.at, p.at};
  const std::string_view rest = text.substr(p.at);
  for (const std::string_view token : {"<|startoftext|>", "<|endoftext|>"})
    if (rest.starts_with(token)) return {p.at, p.at + token.size()};
  if (const std::size_t length = contraction(rest, false)) return {p.at, p.at + length};
  if (p.in(letter)) return {p.at, p.skip(letter).at};
  return {p.at, p.in(number) ? p.next().at : p.skip_other().at};
}

std::vector<Splitter> splitters_by_name(std::string_view name) {
  for (const Named& entry : named)
    if (entry.name == name) return entry.splitters;
  return {};
}

Splitter splitter_of_pattern(std::string_view pattern) {
  for (const Pattern& entry : patterns)
    if (entry.text == pattern) return entry.splitter;
  return nullptr;
}

std::string splitter_names() {
  std::string all;
  for (const Named& entry : named) (all += all.empty() ? "" : ", ") += entry.name;
  return all;
}

}  // namespace tinygrad::text
