// One row for each backend of this build; OpenCL and CUDA join here. No stubs for absent ones, no statics that register themselves.
#include "backends/backends.h"

#include "backends/cpu/cpu.h"
#include "backends/floor_only.h"
#include "core/environment.h"

namespace tinygrad {

std::vector<std::unique_ptr<Backend>> built_in_backends() {
  std::vector<std::unique_ptr<Backend>> all;
  all.push_back(make_cpu_backend());
  if (!environment::kernels())
    for (auto& b : all) b = std::make_unique<FloorOnly>(std::move(b));
  return all;
}

}  // namespace tinygrad
