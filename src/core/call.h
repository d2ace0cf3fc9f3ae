// What runs on this thread: the op whose kernel runs, for errors that only a kernel can find, and
// how often a formula stood in for one.
#pragma once
#include <cstdint>

#include "tinygrad/error.h"

namespace tinygrad {

/// The op that the innermost Running names; "backend" outside.
Call& running_call();

/// Names what runs, while it lives.
class Running {
 public:
  explicit Running(const Call& call) : before_(running_call()) { running_call() = call; }
  ~Running() { running_call() = before_; }
  Running(const Running&) = delete;

 private:
  Call before_;
};

/// How many ops ran their formula on this thread, since no kernel did them.
std::int64_t& formulas_run();

}  // namespace tinygrad
