// SPDX-License-Identifier: MIT
// The entry point of the CPU backend, for the table in registry.cpp.
#pragma once
#include "backends/registry.h"

namespace tinygrad::cpu {

/// The one device "cpu".
DeviceSearch find_devices();

}  // namespace tinygrad::cpu
