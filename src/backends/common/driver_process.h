// SPDX-License-Identifier: MIT
// Refuses the use of a driver in a forked process: its threads do not exist there, so that the
// first wait for the device would never end.
#pragma once
#include <string>

#include "core/call.h"
#include "core/fork.h"

namespace tinygrad::common {

class DriverProcess : public OwnProcess {
 public:
  /// Throws DeviceError in a process that was forked from the one in which this object was made.
  void check(const std::string& device) const {
    require<DeviceError>(is_this_one(), running_call(), device,
                         " cannot be used in this process, which was forked from one that uses it: "
                         "its driver's threads do not exist here; fork before the device is first "
                         "named, or start a program of its own");
  }
};

}  // namespace tinygrad::common
