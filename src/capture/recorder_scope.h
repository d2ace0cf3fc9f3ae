// SPDX-License-Identifier: MIT
// RecorderScope: which StepRecorder takes the values and actions of this thread's step.
#pragma once
#include "capture/step_recorder.h"

namespace tinygrad {

/// While it lives, `recorder` is the thread's.
class RecorderScope {
 public:
  explicit RecorderScope(StepRecorder& recorder);
  ~RecorderScope();
  RecorderScope(const RecorderScope&) = delete;

 private:
  StepRecorder* before_;
};

}  // namespace tinygrad
