// SPDX-License-Identifier: MIT
// Inputs and outputs of CUDA kernels as dense arrays (backends/common/dense.h) that begin at an
// address that is aligned for vectors of 16 bytes.
#pragma once
#include "backends/common/dense.h"
#include "backends/cuda/kernels.h"

namespace tinygrad::cuda {

using ScratchView = common::ScratchView<Runtime>;
using Input = common::Input<Runtime, 16>;
using Output = common::Output<Runtime, 16>;

}  // namespace tinygrad::cuda
