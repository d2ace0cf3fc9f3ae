// Which instruction set's kernels run.
#pragma once
#include "backends/cpu/kernels.h"

namespace tinygrad::cpu {

/// TINYGRAD_CPU's, else the best that this build has and this machine knows. Throws ArgumentError
/// where that one cannot run here.
const Kernels& choose_kernels();

}  // namespace tinygrad::cpu
