// SPDX-License-Identifier: MIT
// The table of backends of this build.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tinygrad/backend.h"

namespace tinygrad {

/// Result of a device search: a backend for each device. If no device was found, `problem` says why
/// and how to fix it.
struct DeviceSearch {
  std::vector<std::unique_ptr<Backend>> backends;
  std::string problem;
};
/// The devices of one name: "opencl" for opencl:0, opencl:1, ... The search may open drivers, which
/// takes time, so a program on the CPU does not run it: only one that asks for such a device, or
/// lists all devices.
struct DeviceFamily {
  std::string name;
  DeviceSearch (*find)();
};
/// One row for each backend of this build.
std::vector<DeviceFamily> families();

/// The family's devices. With TINYGRAD_KERNELS=0 they offer only the required kernels.
DeviceSearch find_devices(const DeviceFamily& family);

}  // namespace tinygrad
