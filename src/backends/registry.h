// Which backends this build has.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tinygrad/backend.h"

namespace tinygrad {

/// One object for each device that is always there. With TINYGRAD_KERNELS=0 each offers its floor
/// alone; those below too.
std::vector<std::unique_ptr<Backend>> built_in_backends();

/// What a search for devices found. Where that is nothing: why, and what mends it.
struct DeviceSearch {
  std::vector<std::unique_ptr<Backend>> backends;
  std::string problem;
};
/// Devices that are looked for only when one of them is asked for, or all are listed: the search
/// opens drivers, which takes time, and is nothing that a program on the CPU should depend on.
struct DeviceFamily {
  std::string name;
  DeviceSearch (*find)();
};
std::vector<DeviceFamily> families();

/// The family's devices, as built_in_backends() would offer them.
DeviceSearch find_devices(const DeviceFamily& family);

}  // namespace tinygrad
