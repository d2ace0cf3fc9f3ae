// Which backends this build has.
#pragma once
#include <memory>
#include <vector>

#include "tinygrad/backend.h"

namespace tinygrad {

/// One object for each device that is there, the CPU first. With TINYGRAD_KERNELS=0 each offers its floor alone.
std::vector<std::unique_ptr<Backend>> built_in_backends();

}  // namespace tinygrad
