// SPDX-License-Identifier: MIT
// The backend of processes that mpirun started.
#pragma once
#include "communication_thread.h"
#include "communicator.h"

namespace tinygrad::distributed {

/// Returns whether mpirun started this process as one of several.
bool started_by_mpirun();
/// Initializes MPI. Returns the communicator of all processes; null if there is only one. Throws
/// ArgumentError if the library was built without MPI.
std::shared_ptr<Communicator> open_mpi(const Call& call);
/// Ends the thread, waits until the other processes end too, and finalizes MPI. A process that
/// waits for this one in an operation learns that it has ended.
void close_mpi(CommunicationThread& thread);

}  // namespace tinygrad::distributed
