// SPDX-License-Identifier: MIT
// Finds the first OpenCL device through the driver, for tests of the backend's parts.
#pragma once
#include <gtest/gtest.h>

#include <vector>

#include "backends/opencl/cl.h"
#include "backends/opencl/library.h"

namespace tinygrad::opencl {

inline cl::Device first_device() {
  EXPECT_EQ(open_library(), "");
  std::vector<cl::Platform> platforms;
  cl::Platform::get(&platforms);
  std::vector<cl::Device> devices;
  platforms.at(0).getDevices(CL_DEVICE_TYPE_ALL, &devices);
  return devices.at(0);
}

}  // namespace tinygrad::opencl
