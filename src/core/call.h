// The op whose kernel runs on this thread, for errors that only a kernel can find.
#pragma once
#include "tinygrad/error.h"

namespace tinygrad {

/// Set by apply around a kernel; {"index", ...} outside.
Call& running_call();

}  // namespace tinygrad
