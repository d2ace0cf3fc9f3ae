// SPDX-License-Identifier: MIT
// Opens libraries when the program runs, so that it starts on machines without them: dlopen(), or
// LoadLibrary() on Windows.
#pragma once
#include <string>

namespace tinygrad::common {

/// A library that stays open until the program ends, since drivers have threads of their own.
struct SharedLibrary {
  explicit SharedLibrary(const std::string& file);
  /// The address of a function; null if the library lacks it, or was not opened.
  void* find(const char* name) const;

  void* handle = nullptr;  ///< null if the library could not be opened
  std::string error = {};  ///< then the system's own words
};

}  // namespace tinygrad::common
