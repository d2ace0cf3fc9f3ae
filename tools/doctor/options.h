// SPDX-License-Identifier: MIT
// Reads the command line.
#pragma once
#include <optional>
#include <string>

#include "doctor.h"
#include "text.h"

namespace tinygrad::doctor {

struct Options {
  Wishes wishes = {};
  Language language = Language::english;
  bool json = false;
  double seconds = 30;  ///< the time limit of one child; a first compilation takes seconds
};

/// Nothing if the program is done: --help or --version (exit status 0), or a mistake (2), which has
/// then been printed.
std::optional<Options> parse(int argc, const char* const* argv, int& status);

}  // namespace tinygrad::doctor
