// The queues of all devices that are open, and who waits for them.
#pragma once
#include "backends/opencl/cl.h"

namespace tinygrad::opencl {

void add_queue(cl_command_queue queue);
void remove_queue(cl_command_queue queue);

/// A thread that queued commands waits for them when it ends. For the thread that ends the program
/// this comes before anything static goes, and with it what a driver's compiler works with: PoCL
/// compiles while it runs kernels.
void wait_at_the_end_of_this_thread();

}  // namespace tinygrad::opencl
