// SPDX-License-Identifier: MIT
// Keeps the set of open command queues and finishes them when a thread that used them ends.
#include "backends/opencl/queues.h"

#include <mutex>
#include <set>

namespace tinygrad::opencl {
namespace {

struct Queues {
  std::mutex mutex;
  std::set<cl_command_queue> open;
};
Queues& queues() {
  static Queues& all = *new Queues;  // never destroyed, since threads may end after static objects
  return all;
}

struct Wait {
  ~Wait() {
    std::lock_guard lock(queues().mutex);
    for (cl_command_queue queue : queues().open) tinygrad_clFinish(queue);
  }
};

}  // namespace

void add_queue(cl_command_queue queue) {
  std::lock_guard lock(queues().mutex);
  queues().open.insert(queue);
}
void remove_queue(cl_command_queue queue) {
  std::lock_guard lock(queues().mutex);
  queues().open.erase(queue);
}

void wait_at_the_end_of_this_thread() {
  thread_local const Wait wait;
  (void)wait;
}

}  // namespace tinygrad::opencl
