// SPDX-License-Identifier: MIT
// Traces the second step of a training, and profiles ten steps.
#include "common/step_observers.h"

#include <fmt/format.h>

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
  if (steps_ == last) print_profile();
}

void StepObservers::print_profile() {
  const std::string tables =
      fmt::format("profile of {} steps: {}", steps_ - first, to_string(profile_->result()));
  profile_.reset();
  options_.quiet ? progress_.warn(tables) : progress_.say(tables);
}

void StepObservers::finish() {
  if (!options_.trace.empty() && steps_ < 2)
    progress_.warn(fmt::format("--trace: there was no second step, so no {}", options_.trace));
  if (options_.profile && steps_ <= first)
    progress_.warn(
        fmt::format("--profile: there were only {} steps, of which the first {} are "
                    "left out",
                    steps_, first));
  else if (profile_) print_profile();
  tracer_.reset();
  steps_ = last;
}

}  // namespace common
