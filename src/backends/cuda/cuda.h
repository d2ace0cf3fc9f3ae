// SPDX-License-Identifier: MIT
// The entry point of the CUDA backend, for the table in registry.cpp.
#pragma once
#include "backends/registry.h"

namespace tinygrad::cuda {

/// The NVIDIA GPUs that the driver shows and for which this build has code.
DeviceSearch find_devices();

}  // namespace tinygrad::cuda
