// SPDX-License-Identifier: MIT
// Inputs and outputs of OpenCL kernels as dense arrays (backends/common/dense.h).
#pragma once
#include "backends/common/dense.h"
#include "backends/opencl/kernels.h"

namespace tinygrad::opencl {

using Input = common::Input<Runtime>;
using Output = common::Output<Runtime>;

}  // namespace tinygrad::opencl
