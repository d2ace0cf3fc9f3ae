// SPDX-License-Identifier: MIT
// How a backend makes the group of all ranks.
#pragma once
#include "communicator.h"

namespace tinygrad::distributed {

/// A group with a communication thread of its own.
Group make_world(std::shared_ptr<Communicator> communicator, const Options& options);

/// While it lives, world() is `group` on this thread.
class WorldOfThread {
 public:
  explicit WorldOfThread(const Group& group);
  ~WorldOfThread();
  WorldOfThread(const WorldOfThread&) = delete;
};

}  // namespace tinygrad::distributed
