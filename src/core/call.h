// What runs on this thread: the op whose kernel runs, for errors that only a kernel can find, and how often a formula stood in for one.
#pragma once
#include <cstdint>

#include "tinygrad/error.h"

namespace tinygrad {

/// Set by apply around a kernel; {"index", ...} outside.
Call& running_call();
/// How many ops ran their formula on this thread, since no kernel did them.
std::int64_t& formulas_run();

}  // namespace tinygrad
