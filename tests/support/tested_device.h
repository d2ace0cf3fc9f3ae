// SPDX-License-Identifier: MIT
// For tests that run on one device after another.
#pragma once
#include <cstdlib>
#include <vector>

#include "tinygrad/device.h"

namespace tinygrad {

/// Those devices, and the one that TINYGRAD_TESTED_DEVICE names, if it does.
inline std::vector<Device> and_tested_device(std::vector<Device> devices) {
  if (const char* name = std::getenv("TINYGRAD_TESTED_DEVICE")) devices.push_back(Device(name));
  return devices;
}

/// The device that TINYGRAD_TESTED_DEVICE names; otherwise this one.
inline Device tested_device(const char* otherwise) {
  const char* name = std::getenv("TINYGRAD_TESTED_DEVICE");
  return Device(name ? name : otherwise);
}

}  // namespace tinygrad
