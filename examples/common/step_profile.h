// SPDX-License-Identifier: MIT
// --profile: what some steps of a training spend their time on.
#pragma once
#include <tinygrad/trace/profile.h>
#include <tinygrad/train/progress.h>

#include <optional>

#include "common/options.h"

namespace common {

class StepProfile {
 public:
  StepProfile(const Options& options, const tinygrad::train::Progress& progress)
      : options_(options), progress_(progress) {}
  /// Called after each step. Profiles ten steps, after three in which kernels may be compiled and
  /// memory is allocated, and prints the tables: on standard error in a quiet run.
  void step();

 private:
  const Options& options_;
  const tinygrad::train::Progress& progress_;
  int steps_ = 0;
  std::optional<tinygrad::ProfileScope> scope_;
};

}  // namespace common
