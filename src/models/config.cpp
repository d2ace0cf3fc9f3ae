// SPDX-License-Identifier: MIT
// Reads the options of a model.
#include "config.h"

#include <algorithm>

#include "tinygrad/io/file.h"

namespace tinygrad::models {

/// No value for what is no JSON, or nested too deeply.
static nlohmann::json parse(std::span<const std::byte> bytes) {
  using nlohmann::json;
  bool is_deep = false;
  const auto limit = [&](int depth, json::parse_event_t, const json&) {
    is_deep = is_deep || depth > 64;
    return !is_deep;
  };
  const auto* begin = reinterpret_cast<const char*>(bytes.data());
  const json parsed = json::parse(begin, begin + bytes.size(), limit, /*allow_exceptions=*/false);
  return is_deep || parsed.is_discarded() ? json() : parsed;
}

Config::Config(const std::string& path, const Call& call) : call_(call), path_(path) {
  const FileBytes file(path, false, call);
  check(file.bytes().size() <= 1 << 20, "it has more than 1 MB");
  json_ = parse(file.bytes());
  check(json_.is_object(), "it is no JSON object");
}

void Config::expect(const char* key, std::initializer_list<const char*> known) const {
  const auto text = get<std::string>(key, *known.begin());
  check(std::ranges::find(known, text) != known.end(), in_quotes(key), " is ", in_quotes(text),
        ", which is not known; expected ", in_quotes(*known.begin()));
}

}  // namespace tinygrad::models
