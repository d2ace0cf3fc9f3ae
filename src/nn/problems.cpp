// SPDX-License-Identifier: MIT
// Builds the one error that lists all problems of a state.
#include "nn/problems.h"

#include <algorithm>
#include <cstdio>

namespace tinygrad {

std::string in_quotes(std::string_view name) {
  constexpr std::size_t longest = 120;
  std::string text = "\"";
  for (char c : name.substr(0, longest)) {
    char code[8];
    std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(c));
    if (static_cast<unsigned char>(c) < 32 || c == 127) text += code;
    else if (c == '"' || c == '\\') text += {'\\', c};
    else text += c;
  }
  return text + (name.size() > longest ? "...\"" : "\"");
}

void Problems::raise_if_any(const Call& call, const char* way_out) const {
  constexpr std::size_t most = 20;
  if (lines_.empty()) return;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, lines_.size()); ++i) text += "\n    " + lines_[i];
  if (lines_.size() > most) text += "\n    and " + std::to_string(lines_.size() - most) + " more";
  fail<ArgumentError>(call, "the state does not fit, and nothing was loaded:", text, way_out);
}

}  // namespace tinygrad
