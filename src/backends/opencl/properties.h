// SPDX-License-Identifier: MIT
// Reads what a driver reports about its device (Properties, traits.h).
#pragma once
#include "backends/opencl/cl.h"
#include "backends/opencl/traits.h"

namespace tinygrad::opencl {

/// Throws cl::Error if a query fails that every driver must answer.
Properties properties_of(const cl::Device& device);

}  // namespace tinygrad::opencl
