// SPDX-License-Identifier: MIT
// Running: which op's kernel runs on this thread, for errors that only a kernel can find.
#pragma once
#include "tinygrad/error.h"

namespace tinygrad {

/// The op of the innermost Running; "backend" outside.
Call& running_call();

/// While it lives, `call` is the op that runs.
class Running {
 public:
  explicit Running(const Call& call) : before_(running_call()) { running_call() = call; }
  ~Running() { running_call() = before_; }
  Running(const Running&) = delete;

 private:
  Call before_;
};

}  // namespace tinygrad
