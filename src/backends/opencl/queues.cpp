// SPDX-License-Identifier: MIT
// Keeps the set of open command queues, and waits for their commands when a thread that used them
// ends.
#include "backends/opencl/queues.h"

#include <mutex>
#include <set>

#include "core/fork.h"

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

/// Waits for the commands that are in the queue now. clFinish would also wait for those that
/// another thread adds meanwhile, and so for ever if that thread does not stop.
void wait_for_commands(cl_command_queue queue) {
  cl_event all_before = nullptr;
  if (tinygrad_clEnqueueMarkerWithWaitList(queue, 0, nullptr, &all_before) != CL_SUCCESS)
    return void(tinygrad_clFinish(queue));  // an OpenCL before 1.2 has no such markers
  tinygrad_clWaitForEvents(1, &all_before);
  tinygrad_clReleaseEvent(all_before);
}

struct Wait {
  OwnProcess process;
  ~Wait() {
    if (!process.is_this_one()) return;
    std::lock_guard lock(queues().mutex);
    for (cl_command_queue queue : queues().open) wait_for_commands(queue);
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
