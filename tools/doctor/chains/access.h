// SPDX-License-Identifier: MIT
// Checks the access to a GPU's files, for every backend: the permission to open them on Linux, and
// the GPU that Windows provides inside WSL.
#pragma once
#include <string>

#include "report.h"
#include "surroundings.h"

namespace tinygrad::doctor {

/// A file that may not be opened. `missing` says so, of a file and a group, to a user who is not in
/// that group.
Link locked(const std::string& file, const Access& access, Text missing);

/// Checks whether Windows provides its graphics: /dev/dxg, and a library that the driver in Windows
/// puts into /usr/lib/wsl/lib (`missing` if it does not).
Link wsl_link(const Surroundings& here, const std::string& library, Text missing);

}  // namespace tinygrad::doctor
