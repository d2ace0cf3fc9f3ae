// SPDX-License-Identifier: MIT
// The kernels of the OpenCL backend: those of kernels.def with a Runtime as first parameter, and
// what they share.
#pragma once
#include "backends/opencl/runtime.h"
#include "core/macros.h"

namespace tinygrad::opencl {

#define REQUIRED_KERNEL(name, parameters, arguments) \
  void name(Runtime& runtime, TINYGRAD_UNWRAP parameters);
#define KERNEL(name, backends, parameters, arguments) \
  [[nodiscard]] bool name(Runtime& runtime, TINYGRAD_UNWRAP parameters);
#include "tinygrad/kernels.def"

/// Notes the first index that is not in [0, size); the next read by the host throws it. Kernels
/// after this one skip bad indices. Defined in index.cpp.
void check_index(Runtime& runtime, const View& index, std::int64_t size);

}  // namespace tinygrad::opencl
