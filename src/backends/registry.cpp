// One row for each backend of this build. No stubs for absent ones, no statics that register
// themselves.
#include "backends/registry.h"

#include "backends/cpu/cpu.h"
#include "backends/common/required_kernels_only.h"
#include "core/environment.h"
#if TINYGRAD_HAVE_CUDA
#include "backends/cuda/cuda.h"
#endif
#if TINYGRAD_HAVE_OPENCL
#include "backends/opencl/opencl.h"
#endif

namespace tinygrad {
namespace {

void remove_kernels(std::vector<std::unique_ptr<Backend>>& backends) {
  if (environment::kernels()) return;
  for (auto& b : backends) b = std::make_unique<RequiredKernelsOnly>(std::move(b));
}

}  // namespace

std::vector<std::unique_ptr<Backend>> built_in_backends() {
  std::vector<std::unique_ptr<Backend>> all;
  all.push_back(make_cpu_backend());
  remove_kernels(all);
  return all;
}

std::vector<DeviceFamily> families() {
  return {
#if TINYGRAD_HAVE_CUDA
    {"cuda", [] { return cuda::find_devices("cuda"); }},
#endif
#if TINYGRAD_HAVE_OPENCL
        {"opencl", find_opencl_devices},
#endif
  };
}

DeviceSearch find_devices(const DeviceFamily& family) {
  DeviceSearch found = family.find();
  remove_kernels(found.backends);
  return found;
}

}  // namespace tinygrad
