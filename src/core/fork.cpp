// SPDX-License-Identifier: MIT
// Counts forks, and frees mutexes in the new process.
#include "core/fork.h"

#include <pthread.h>

namespace tinygrad {
namespace {

constinit std::atomic<ProcessMutex*> last_made = nullptr;

[[maybe_unused]] const int registered = pthread_atfork(nullptr, nullptr, [] {
  fork_count.fetch_add(1, std::memory_order_relaxed);
  ProcessMutex::free_all();
});

}  // namespace

constinit std::atomic<int> fork_count = 0;

ProcessMutex::ProcessMutex() : next_(last_made) {
  while (!last_made.compare_exchange_weak(next_, this)) {}
}
void ProcessMutex::free_all() {
  for (ProcessMutex* m = last_made; m; m = m->next_) new (&m->mutex_) std::mutex;
}

}  // namespace tinygrad
