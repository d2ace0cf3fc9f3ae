// SPDX-License-Identifier: MIT
// What the packages that judge the tokenizers said (make_fixtures.py).
#pragma once
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace tinygrad::test {

inline std::string fixture(const std::string& name) {
  return TINYGRAD_SOURCE_DIR "/tests/text/fixtures/" + name;
}
inline const nlohmann::json& expected() {
  static const nlohmann::json json = nlohmann::json::parse(std::ifstream(fixture("expected.json")));
  return json;
}

}  // namespace tinygrad::test
