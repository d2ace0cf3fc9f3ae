// SPDX-License-Identifier: MIT
// Inputs and outputs of OpenCL kernels as dense arrays (backends/common/dense.h).
#pragma once
#include "backends/common/dense.h"
#include "backends/opencl/kernels.h"

namespace tinygrad::opencl {

/// Returns the dtype in which kernels compute with a dtype: float32, float64 or int64.
inline DType computed_dtype(DType dtype) {
  return !is_floating(dtype) ? DType::int64 : dtype == DType::float64 ? dtype : DType::float32;
}

using ScratchView = common::ScratchView<Runtime>;
using Input = common::Input<Runtime>;
using Output = common::Output<Runtime>;

}  // namespace tinygrad::opencl
