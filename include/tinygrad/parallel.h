// SPDX-License-Identifier: MIT
// Parallel loops on the threads of the CPU.
#pragma once
#include <cstdint>

#include "tinygrad/detail/export.h"

namespace tinygrad {

/// Runs part(context, 0) ... part(context, parts - 1) on the num_threads() threads on which kernels
/// of the CPU run, the calling one included, in any order, and waits for all. If parts throw, the
/// exception of the lowest one reaches the caller. Nested calls run serially.
TINYGRAD_API void parallel_for(std::int64_t parts, void (*part)(void* context, std::int64_t index),
                               void* context);

/// Runs part(0) ... part(parts - 1) as above. The function stays on the caller's stack.
template <class Part> void parallel_for(std::int64_t parts, const Part& part) {
  parallel_for(
      parts, [](void* context, std::int64_t index) { (*static_cast<const Part*>(context))(index); },
      const_cast<Part*>(&part));
}

}  // namespace tinygrad
