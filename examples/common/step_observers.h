// SPDX-License-Identifier: MIT
// --trace and --profile: what some of the first steps of a training are and cost.
#pragma once
#include <tinygrad/nn/module.h>
#include <tinygrad/trace/profile.h>
#include <tinygrad/trace/trace.h>
#include <tinygrad/train/progress.h>

#include <optional>

#include "common/options.h"

namespace common {

class StepObservers {
 public:
  /// All three must outlive this.
  StepObservers(const Options& options, const tinygrad::train::Progress& progress,
                const tinygrad::nn::Module& model)
      : options_(options), progress_(progress), model_(model) {}
  /// To be called after each step of the optimizer. Writes the page of the second step, if --trace
  /// names a file. With --profile, profiles ten steps, after three in which kernels may be compiled
  /// and memory is allocated, and prints the tables: on standard error in a quiet run.
  void on_step();
  /// To be called after the last step, if there may be few: prints the profile of the steps that
  /// there were, or that there were too few to look at.
  void finish();

 private:
  void trace();
  void profile();
  void print_profile();

  const Options& options_;
  const tinygrad::train::Progress& progress_;
  const tinygrad::nn::Module& model_;
  int steps_ = 0;
  std::optional<tinygrad::Tracer> tracer_ = {};
  std::optional<tinygrad::ProfileScope> profile_ = {};
};

}  // namespace common
