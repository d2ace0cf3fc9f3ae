// The CUDA backend, as the table of backends sees it.
#pragma once
#include "backends/registry.h"

namespace tinygrad::cuda {

/// The NVIDIA GPUs that the driver shows and this build has code for, as devices of `family`; where
/// there are none, why.
DeviceSearch find_devices(const std::string& family);

}  // namespace tinygrad::cuda
