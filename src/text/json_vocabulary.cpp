// SPDX-License-Identifier: MIT
// Parses JSON of tokenizers and reads the object of tokens and ids.
#include "json_vocabulary.h"

#include "problem.h"

namespace tinygrad::text {

using nlohmann::json;

json parse_json(std::string_view bytes) {
  static constexpr int deepest = 32;
  try {
    return json::parse(bytes, [](int depth, json::parse_event_t, const json&) {
      expect(depth <= deepest, "the JSON is nested deeper than ", deepest, " levels");
      return true;
    });
  } catch (const json::exception& error) { refuse("this is not JSON: ", error.what()); }
}

void place_token(std::vector<std::string>& tokens, const std::string& token, std::int64_t id,
                 std::size_t most) {
  expect(id >= 0 && std::size_t(id) < most, "the token ", in_quotes(token), " has the id ", id,
         ", expected 0 to ", most - 1);
  if (std::size_t(id) >= tokens.size()) tokens.resize(std::size_t(id) + 1);
  std::string& place = tokens[std::size_t(id)];
  expect(place.empty() || place == token, "the tokens ", in_quotes(place), " and ",
         in_quotes(token), " have the same id ", id);
  place = token;
}

std::vector<std::string> tokens_of(const json& vocabulary) {
  expect(vocabulary.is_object(), "the vocabulary is no object of tokens and ids");
  std::vector<std::string> tokens;
  const std::size_t most = 2 * vocabulary.size() + 1024;  // a few ids may be missing
  for (const auto& [token, id] : vocabulary.items())
    place_token(tokens, token, id.get<std::int64_t>(), most);
  return tokens;
}

std::vector<std::string> tokens_of_json(std::string_view bytes) {
  return tokens_of(parse_json(bytes));
}

}  // namespace tinygrad::text
