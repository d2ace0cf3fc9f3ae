// SPDX-License-Identifier: MIT
// JSON of tokenizers: parsed with a bound on its depth, and the object {"token": id, ...}.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace tinygrad::text {

/// Throws Problem if the bytes are not JSON, or are nested too deeply.
nlohmann::json parse_json(std::string_view bytes);
/// The tokens by id. Throws Problem if an id is negative, given twice, or far above the others.
std::vector<std::string> tokens_of(const nlohmann::json& vocabulary);
std::vector<std::string> tokens_of_json(std::string_view bytes);
/// Puts a token in its place in the list.
void place_token(std::vector<std::string>& tokens, const std::string& token, std::int64_t id,
                 std::size_t most);

}  // namespace tinygrad::text
