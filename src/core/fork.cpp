// SPDX-License-Identifier: MIT
// Counts forks, and frees mutexes in the new process.
#include "core/fork.h"

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace tinygrad {

void at_fork([[maybe_unused]] void (*before)(), [[maybe_unused]] void (*in_parent)(),
             [[maybe_unused]] void (*in_child)()) {
#if !defined(_WIN32)
  pthread_atfork(before, in_parent, in_child);
#endif
}

namespace {

constinit std::atomic<ProcessMutex*> last_made = nullptr;

[[maybe_unused]] const bool registered = [] {
  at_fork(nullptr, nullptr, [] {
    fork_count.fetch_add(1, std::memory_order_relaxed);
    ProcessMutex::free_all();
  });
  return true;
}();

}  // namespace

constinit std::atomic<int> fork_count = 0;

ProcessMutex::ProcessMutex() : next_(last_made) {
  while (!last_made.compare_exchange_weak(next_, this)) {}
}
void ProcessMutex::free_all() {
  for (ProcessMutex* m = last_made; m; m = m->next_) new (&m->mutex_) std::mutex;
}

}  // namespace tinygrad
