// SPDX-License-Identifier: MIT
// Chooses the instruction set whose kernels run.
#pragma once
#include "backends/cpu/kernels.h"

namespace tinygrad::cpu {

/// The kernels of the instruction set that TINYGRAD_CPU names, else of the best one that this build
/// has and this machine supports. Throws ArgumentError if the named one cannot run here.
const Kernels& choose_kernels();

}  // namespace tinygrad::cpu
