// SPDX-License-Identifier: MIT
// Registers the emulated device before a program's main.
#include "backends/cuda/cuda.h"

namespace tinygrad {
namespace {

[[maybe_unused]] const bool registered = [] {
  const DeviceFamily family = {"emulated_cuda", cuda::find_devices};
  for (auto& backend : find_devices(family).backends) register_backend(std::move(backend));
  return true;
}();

}  // namespace
}  // namespace tinygrad
