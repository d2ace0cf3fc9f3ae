// SPDX-License-Identifier: MIT
// run_threads(): several ranks as threads of one process, for tests and for looking at a program
// with a debugger.
#pragma once
#include "tinygrad/detail/inline_function.h"
#include "tinygrad/distributed/group.h"

namespace tinygrad::distributed {

/// Runs rank(world) on n new threads, which are the ranks of a group; on each of them world()
/// returns that group. Random numbers of rank i are those of set_thread_stream("rank i"). Waits for
/// all. If a rank throws, operations of the others fail with CommunicationError, and the exception
/// reaches the caller. Throws ArgumentError unless n is positive.
TINYGRAD_API void run_threads(int n, const InlineFunction<void(const Group& world), 64>& rank,
                              const Options& options = {},
                              SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::distributed
