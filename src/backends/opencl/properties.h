#pragma once
#include "backends/opencl/choose.h"
#include "backends/opencl/cl.h"

namespace tinygrad::opencl {

/// Throws cl::Error.
Properties properties_of(const cl::Device& device);

}  // namespace tinygrad::opencl
