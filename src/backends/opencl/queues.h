// SPDX-License-Identifier: MIT
// Registers the command queues of all open devices, so that a thread waits for them when it ends.
#pragma once
#include "backends/opencl/cl.h"

namespace tinygrad::opencl {

void add_queue(cl_command_queue queue);
void remove_queue(cl_command_queue queue);

/// Makes the current thread wait for all queues when it ends. For the main thread, this happens
/// before static objects are destroyed, including those that a driver's compiler uses: PoCL
/// compiles while it runs kernels.
void wait_at_the_end_of_this_thread();

}  // namespace tinygrad::opencl
