// SPDX-License-Identifier: MIT
// Problems: collects all problems of a state before anything is loaded, and reports them in one
// error.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tinygrad/error.h"

namespace tinygrad {

class Problems {
 public:
  void add(const std::string& name, const std::string& what) {
    lines_.push_back(in_quotes(name) + " " + what);
  }
  /// Throws ArgumentError with the first twenty problems, if there are any.
  void raise_if_any(const Call& call, const char* way_out = "") const;

 private:
  std::vector<std::string> lines_;
};

}  // namespace tinygrad
