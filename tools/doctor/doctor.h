// SPDX-License-Identifier: MIT
// The whole examination.
#pragma once
#include <string>

#include "report.h"
#include "system.h"

namespace tinygrad::doctor {

struct Wishes {
  std::string device = {};  ///< empty: the default device, and all chains
  bool bench = false;
};

/// Walks every chain, or the one that the asked-for device belongs to where its name says which.
Report examine(const System& system, const Wishes& wishes);

}  // namespace tinygrad::doctor
