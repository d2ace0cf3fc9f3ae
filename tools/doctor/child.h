// SPDX-License-Identifier: MIT
// Runs a child process under a time limit.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "system.h"

namespace tinygrad::doctor {

/// Environment variables for the child: an empty value takes the variable away.
using Variables = std::vector<std::pair<std::string, std::string>>;

/// Runs a program and collects what it writes to its standard output; the rest of its output is
/// thrown away. When the time is over, the child and all that it started are killed.
Outcome run_child(const std::vector<std::string>& command, const Variables& variables,
                  double seconds);

}  // namespace tinygrad::doctor
