// SPDX-License-Identifier: MIT
// The end of a program that printed something.
#pragma once
#include <string>

namespace common {

/// Returns the exit code of a program: `code`, or 1 and a line on standard error if what was
/// printed did not reach standard output (a full disk, a closed pipe).
int exit_code(const std::string& program, int code);

}  // namespace common
