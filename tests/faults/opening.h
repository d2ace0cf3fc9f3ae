// SPDX-License-Identifier: MIT
// Opens a device anew, from the search to the first values read.
#pragma once
#include <vector>

#include "backends/registry.h"
#include "tinygrad/error.h"

namespace tinygrad::test {

/// Finds devices, opens the first, and copies values there and back; returns 2 if all succeeds.
/// Throws DeviceError.
inline float read_from_new_device(DeviceSearch (*find)()) {
  static const std::vector<float> numbers(3 << 20, 2);  // more than what the host copies first
  const DeviceSearch found = find();
  require<DeviceError>(!found.backends.empty(), "test", found.problem);
  Backend& device = *found.backends[0];
  const std::size_t bytes = numbers.size() * sizeof(float);
  const Memory memory = device.allocate(bytes);
  float last = 0;
  try {
    device.upload(numbers.data(), memory, 0, bytes);
    device.synchronize();
    device.download(memory, bytes - sizeof last, &last, sizeof last);
  } catch (...) {
    device.release(memory);
    throw;
  }
  device.release(memory);
  return last;
}

}  // namespace tinygrad::test
