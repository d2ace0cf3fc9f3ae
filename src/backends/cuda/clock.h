// SPDX-License-Identifier: MIT
// Clocks of a device: events in its stream.
#pragma once
#include <memory>

#include "tinygrad/backend.h"

namespace tinygrad::cuda {

class Runtime;

std::unique_ptr<DeviceClock> new_clock(Runtime& runtime);

}  // namespace tinygrad::cuda
