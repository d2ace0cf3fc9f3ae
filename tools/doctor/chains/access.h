// SPDX-License-Identifier: MIT
// The way to a GPU's files, whoever computes on it: the right to open them on Linux, and Windows's
// loan inside WSL.
#pragma once
#include <string>

#include "report.h"
#include "surroundings.h"

namespace tinygrad::doctor {

/// A file that may not be opened. `missing` says so, of a file and a group, to a user who is not in
/// that group.
Link locked(const std::string& file, const Access& access, Text missing);

/// Whether Windows lends its graphics: /dev/dxg, and a library that the driver in Windows puts into
/// /usr/lib/wsl/lib (`missing` where it does not).
Link wsl_link(const Surroundings& here, const std::string& library, Text missing);

}  // namespace tinygrad::doctor
