// SPDX-License-Identifier: MIT
// Builds the one error that lists all problems of a state.
#include "nn/problems.h"

#include <algorithm>

namespace tinygrad {

void Problems::raise_if_any(const Call& call, const char* way_out) const {
  constexpr std::size_t most = 20;
  if (lines_.empty()) return;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, lines_.size()); ++i) text += "\n    " + lines_[i];
  if (lines_.size() > most) text += "\n    and " + std::to_string(lines_.size() - most) + " more";
  fail<ArgumentError>(call, "the state does not fit, and nothing was loaded:", text, way_out);
}

}  // namespace tinygrad
