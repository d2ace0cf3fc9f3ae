// The OpenCL backend, as the table of backends sees it.
#pragma once
#include "backends/registry.h"

namespace tinygrad {

/// Opens libOpenCL and looks for devices on all platforms: graphics cards first, then accelerators,
/// then CPUs.
DeviceSearch find_opencl_devices();

}  // namespace tinygrad
