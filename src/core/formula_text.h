// SPDX-License-Identifier: MIT
// Reads the formulas of elementwise.def as text.
#pragma once
#include <string_view>

namespace tinygrad {

/// Returns whether a formula uses the variable or the function `word`.
constexpr bool mentions(std::string_view formula, std::string_view word) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  for (std::size_t at = formula.find(word); at != formula.npos; at = formula.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool starts = at == 0 || !letter(formula[at - 1]),
               ends = end == formula.size() || !letter(formula[end]);
    if (starts && ends) return true;
  }
  return false;
}

}  // namespace tinygrad
