// SPDX-License-Identifier: MIT
// Profiles ten steps of a training.
#include "common/step_profile.h"

namespace common {

void StepProfile::step() {
  constexpr int first = 3, last = 13;
  if (!options_.profile || steps_ == last) return;
  if (++steps_ == first) tinygrad::synchronize(), scope_.emplace();
  if (steps_ < last) return;
  const std::string tables = "profile of 10 steps: " + to_string(scope_->result());
  scope_.reset();
  options_.quiet ? progress_.warn(tables) : progress_.say(tables);
}

}  // namespace common
