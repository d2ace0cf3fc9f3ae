// SPDX-License-Identifier: MIT
// The verdict on a sample: a status, which triage.py sorts, and its reason.
#pragma once
#include <cstdlib>
#include <string>

namespace opinfo {

struct Verdict {
  std::string status = "match", detail = {};
  bool is_match() const { return status.rfind("match", 0) == 0; }
};

/// Returns whether $OPINFO_SABOTAGE is `what`: ours are then scaled by 1.03, to show that the check
/// can fail.
inline bool sabotaged(const char* what) {
  const char* sabotage = std::getenv("OPINFO_SABOTAGE");
  return sabotage && std::string(sabotage) == what;
}
inline constexpr double sabotage_factor = 1.03125;

}  // namespace opinfo
