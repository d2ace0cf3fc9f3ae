// All that is wrong with a state, gathered before anything is loaded, and said in one error.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tinygrad/error.h"

namespace tinygrad {

/// A name from a file, fit to be printed: control characters and quotes escaped, and cut where it
/// is long.
std::string in_quotes(std::string_view name);

class Problems {
 public:
  void add(const std::string& name, const std::string& what) {
    lines_.push_back(in_quotes(name) + " " + what);
  }
  /// Throws ArgumentError with the first twenty.
  void raise_if_any(const Call& call, const char* way_out = "") const;

 private:
  std::vector<std::string> lines_;
};

}  // namespace tinygrad
