// SPDX-License-Identifier: MIT
// Runs the whole examination.
#pragma once
#include <string>

#include "report.h"
#include "system.h"

namespace tinygrad::doctor {

struct Wishes {
  std::string device = {};  ///< empty: the default device, and all chains
  bool bench = false;
};

/// Checks every chain, or only that of the asked-for device if its name says which.
Report examine(const System& system, const Wishes& wishes);

}  // namespace tinygrad::doctor
