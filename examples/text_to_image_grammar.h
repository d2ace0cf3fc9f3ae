// SPDX-License-Identifier: MIT
// The captions of examples/text_to_image: a small grammar in English and Chinese, its tokens, and
// the combinations that are not trained on.
#pragma once
#include <tinygrad/error.h>
#include <tinygrad/random.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace text_to_image {

namespace tg = tinygrad;

using Words = std::vector<std::string>;

struct Color {
  const char *english, *chinese;
  std::array<float, 3> rgb;
};
inline constexpr std::array<Color, 6> colors = {{{"red", "红色", {1, 0, 0}},
                                                 {"green", "绿色", {0, 0.9f, 0}},
                                                 {"blue", "蓝色", {0.2f, 0.3f, 1}},
                                                 {"yellow", "黄色", {1, 1, 0}},
                                                 {"purple", "紫色", {0.8f, 0, 0.9f}},
                                                 {"white", "白色", {1, 1, 1}}}};

enum Relation { none, above, below, left_of, right_of };
/// The words of a relation; "of" follows left and right.
struct RelationWords {
  std::string english, chinese;
};
inline const std::array<RelationWords, 5> relations = {
    {{"", ""}, {"above", "上面"}, {"below", "下面"}, {"left", "左边"}, {"right", "右边"}}};

struct Thing {
  int color = 0, digit = 0;
  bool operator==(const Thing&) const = default;
};

/// "a red 3 above a blue 7", 红色的3在蓝色的7上面; with relation none, "a red 3", 红色的3.
struct Caption {
  Thing subject = {};
  Relation relation = none;
  Thing object = {};
  bool is_chinese = false;
  bool operator==(const Caption&) const = default;

  bool is_vertical() const { return relation == above || relation == below; }
  /// The things by their places in the picture: above or left first.
  std::array<Thing, 2> things() const {
    if (relation == below || relation == right_of) return {object, subject};
    return {subject, object};
  }
};

inline std::string to_string(const Thing& t, bool is_chinese) {
  const Color& color = colors[std::size_t(t.color)];
  const std::string digit = std::to_string(t.digit);
  return is_chinese ? std::string(color.chinese) + "的" + digit
                    : std::string("a ") + color.english + " " + digit;
}
inline std::string to_string(const Caption& c) {
  const std::string subject = to_string(c.subject, c.is_chinese),
                    object = to_string(c.object, c.is_chinese);
  if (c.relation == none) return subject;
  const auto& [english, chinese] = relations[c.relation];
  if (c.is_chinese) return subject + "在" + object + chinese;
  return subject + " " + english + (c.is_vertical() ? " " : " of ") + object;
}

// ---------------------------------------------------------------- tokens

/// The tokens by id: first what begins and what ends and fills up each text.
inline const Words& vocabulary() {
  static const Words words = [] {
    Words all = {"<start>", "<end>", "a", "of", "的", "在"};
    for (const Color& color : colors) all.insert(all.end(), {color.english, color.chinese});
    for (std::size_t i = 1; i < relations.size(); ++i)
      all.insert(all.end(), {relations[i].english, relations[i].chinese});
    for (int digit = 0; digit < 10; ++digit) all.push_back(std::to_string(digit));
    return all;
  }();
  return words;
}

/// The words of a text: an English one ends where a space or a Chinese one begins, a Chinese one is
/// the longest that is known. Throws ArgumentError for another word.
inline Words split_words(std::string_view text) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  const auto ends_word = [&](char c) { return c == ' ' || !is_ascii(c); };
  Words words;
  while (!text.empty()) {
    std::string_view word;
    if (is_ascii(text[0])) {
      word = text.substr(0, std::size_t(std::ranges::find_if(text, ends_word) - text.begin()));
    } else {
      for (const std::string& known : vocabulary())
        if (text.starts_with(known) && known.size() > word.size()) word = known;
      if (word.empty())  // the bytes of one character
        word = text.substr(0, std::size_t(std::find_if(text.begin() + 1, text.end(),
                                                       [](char c) { return (c & 0xC0) != 0x80; }) -
                                          text.begin()));
    }
    if (!word.empty()) words.emplace_back(word);
    text.remove_prefix(std::max<std::size_t>(word.size(), 1));  // or a space
  }
  return words;
}

/// The caption that a text is. Throws ArgumentError, which names what the grammar knows.
inline Caption parse_caption(const std::string& text) {
  const std::span<const std::string> known = std::span(vocabulary()).subspan(2);
  const Words words = split_words(text);
  Caption c;
  std::vector<int> found, digits;  // colors and digits
  for (const std::string& word : words) {
    if (std::ranges::find(known, word) == known.end()) {
      std::string all;
      for (const std::string& w : known) all += " " + w;
      tg::fail("caption", "the word ", tg::in_quotes(word), " is not known; known are:", all);
    }
    for (std::size_t i = 0; i < colors.size(); ++i)
      if (word == colors[i].english || word == colors[i].chinese) found.push_back(int(i));
    for (std::size_t i = 1; i < relations.size(); ++i)
      if (word == relations[i].chinese || word == relations[i].english) c.relation = Relation(i);
    if (word >= "0" && word <= "9") digits.push_back(word[0] - '0');
    c.is_chinese = c.is_chinese || word == "的";
  }
  const std::size_t things = c.relation == none ? 1 : 2;
  if (found.size() == things && digits.size() == things) {
    c.subject = {found[0], digits[0]};
    if (things == 2) c.object = {found[1], digits[1]};
    if (split_words(to_string(c)) == words) return c;
  }
  tg::fail("caption", tg::in_quotes(text),
           " is not a caption; such are: a red 3, a red 3 above a blue 7 (below, left of, right "
           "of), 红色的3, 红色的3在蓝色的7上面 (下面, 左边, 右边)");
}

/// The longest caption, "a red 3 left of a blue 7", and what begins and ends it.
inline constexpr std::size_t text_length = 10;

/// The ids of a text's tokens, filled up to text_length; an empty text says nothing.
inline std::vector<std::int64_t> tokens(const std::string& text) {
  std::vector<std::int64_t> ids = {0};
  for (const std::string& word : split_words(text))
    ids.push_back(std::ranges::find(vocabulary(), word) - vocabulary().begin());
  ids.resize(text_length, 1);
  return ids;
}

// ---------------------------------------------------------------- which are trained on

/// A tenth of the pairs of things are never trained on together: in no order, place or language.
inline bool is_held_out(const Caption& c) {
  if (c.relation == none) return false;
  const auto code = [](const Thing& t) { return std::uint64_t(10 * t.color + t.digit); };
  const auto [low, high] = std::minmax({code(c.subject), code(c.object)});
  return tg::philox_integer(/*seed=*/7, /*call=*/0, 60 * low + high, 10) == 0;
}

/// All captions that are held out, or all others. A caption of one thing counts thirty times, so
/// that an eighth of what is trained on has one.
inline std::vector<Caption> captions(bool held_out) {
  std::vector<Caption> all;
  const auto add = [&](const Caption& c) {
    if (is_held_out(c) == held_out) all.insert(all.end(), c.relation == none ? 30 : 1, c);
  };
  const auto thing = [](int code) { return Thing{code / 10, code % 10}; };
  for (const bool is_chinese : {false, true})
    for (int i = 0; i < 60; ++i) {
      add({thing(i), none, {}, is_chinese});
      for (const Relation relation : {above, below, left_of, right_of})
        for (int j = 0; j < 60; ++j) add({thing(i), relation, thing(j), is_chinese});
    }
  return all;
}

}  // namespace text_to_image
