// SPDX-License-Identifier: MIT
// The entry point of the OpenCL backend, for the table in registry.cpp.
#pragma once
#include "backends/registry.h"

namespace tinygrad::opencl {

/// Opens libOpenCL and looks for devices on all platforms: graphics cards first, then accelerators,
/// then CPUs.
DeviceSearch find_devices();

}  // namespace tinygrad::opencl
