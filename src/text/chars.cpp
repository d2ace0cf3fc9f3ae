// SPDX-License-Identifier: MIT
// The tokenizer of characters: a token is one character.
#include <algorithm>

#include "tinygrad/text/vocabulary.h"
#include "unicode.h"

namespace tinygrad::text {
namespace {

class Characters : public Tokenizer {
 public:
  explicit Characters(std::u32string characters) : characters_(std::move(characters)) {}

  Ids encode(std::string_view text, const EncodeOptions&) const override {
    Ids ids;
    for (const char32_t point : code_points(text)) {
      const std::int64_t id = find(point);
      require(id >= 0, "encode", "the character ", in_quotes(utf8({&point, 1})),
              " is not one of the ", size(), " characters of this tokenizer");
      ids.push_back(id);
    }
    return ids;
  }
  std::string decode(std::span<const std::int64_t> ids, const DecodeOptions&) const override {
    std::string text;
    for (const std::int64_t id : ids) append(text, at("decode", id));
    return text;
  }
  std::string token(std::int64_t id) const override {
    const char32_t point = at("token", id);
    return utf8({&point, 1});
  }
  std::optional<std::int64_t> id(std::string_view token) const override {
    const std::u32string points = code_points(token);
    const std::int64_t found = points.size() == 1 ? find(points[0]) : -1;
    return found < 0 ? std::nullopt : std::optional(found);
  }
  std::int64_t size() const override { return std::int64_t(characters_.size()); }

 private:
  std::int64_t find(char32_t point) const {
    const auto found = std::lower_bound(characters_.begin(), characters_.end(), point);
    return found != characters_.end() && *found == point ? found - characters_.begin() : -1;
  }
  char32_t at(const char* call, std::int64_t id) const {
    require<IndexError>(id >= 0 && id < size(), call, "the id ", id, " is not in [0, ", size(),
                        "), the ids of this tokenizer");
    return characters_[std::size_t(id)];
  }
  std::u32string characters_;  // in order
};

}  // namespace

std::unique_ptr<Tokenizer> char_tokenizer(std::string_view text, SourceLocation location) {
  require(!text.empty(), {"char_tokenizer", location}, "the text is empty");
  std::u32string characters = code_points(text);
  std::sort(characters.begin(), characters.end());
  characters.erase(std::unique(characters.begin(), characters.end()), characters.end());
  return std::make_unique<Characters>(std::move(characters));
}

}  // namespace tinygrad::text
