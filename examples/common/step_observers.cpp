// SPDX-License-Identifier: MIT
// Traces the second step of a training, and profiles ten steps.
#include "common/step_observers.h"

namespace common {

constexpr int first = 3, last = 13;  // steps that are profiled

void StepObservers::on_step() {
  if (steps_ == last) return;
  ++steps_;
  if (!options_.trace.empty()) trace();
  if (options_.profile) profile();
}

void StepObservers::trace() {
  if (steps_ == 1) {
    tracer_.emplace(tinygrad::TraceOptions{.title = options_.program + ", second step",
                                           .names = model_.named_parameters()});
  } else if (steps_ == 2) {
    tracer_->finish().save_html(options_.trace);
    tracer_.reset();
  }
}

void StepObservers::profile() {
  if (steps_ == first) tinygrad::synchronize(), profile_.emplace();
  if (steps_ < last) return;
  const std::string tables = "profile of 10 steps: " + to_string(profile_->result());
  profile_.reset();
  options_.quiet ? progress_.warn(tables) : progress_.say(tables);
}

}  // namespace common
