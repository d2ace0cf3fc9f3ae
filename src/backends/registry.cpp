// SPDX-License-Identifier: MIT
// The table of backends: a row for each one of this build. Absent backends have no stubs, and none
// registers itself.
#include "backends/registry.h"

#include "backends/common/required_kernels_only.h"
#include "backends/cpu/cpu.h"
#include "core/environment.h"
#if TINYGRAD_HAVE_CUDA
#include "backends/cuda/cuda.h"
#endif
#if TINYGRAD_HAVE_OPENCL
#include "backends/opencl/opencl.h"
#endif

namespace tinygrad {

std::vector<DeviceFamily> families() {
  return {
    {"cpu", cpu::find_devices},
#if TINYGRAD_HAVE_CUDA
        {"cuda", cuda::find_devices},
#endif
#if TINYGRAD_HAVE_OPENCL
        {"opencl", opencl::find_devices},
#endif
  };
}

DeviceSearch find_devices(const DeviceFamily& family) {
  DeviceSearch found = family.find();
  if (!environment::kernels())
    for (auto& backend : found.backends)
      backend = std::make_unique<RequiredKernelsOnly>(std::move(backend));
  return found;
}

}  // namespace tinygrad
