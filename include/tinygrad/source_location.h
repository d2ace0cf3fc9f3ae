// SPDX-License-Identifier: MIT
// SourceLocation: the line of the user's source that an error names.
#pragma once

namespace tinygrad {

/// A line of the user's source. std::source_location is not used, because clang 14 lacks it with
/// libstdc++ 12.
struct SourceLocation {
  const char* file = "";
  int line = 0;
  static constexpr SourceLocation current(const char* of_file = __builtin_FILE(),
                                          int at_line = __builtin_LINE()) {
    return {of_file, at_line};
  }
};

}  // namespace tinygrad
