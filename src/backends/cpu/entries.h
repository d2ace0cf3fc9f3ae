// SPDX-License-Identifier: MIT
// Declares the kernels in the namespace of the instruction set that the file is compiled for.
#pragma once
#include "backends/cpu/kernels.h"

namespace tinygrad::cpu::TINYGRAD_ISA {

#define REQUIRED_KERNEL(name, parameters, arguments) Plain<void parameters> name;
#define KERNEL(name, backends, parameters, arguments) Plain<bool parameters> name;
#include "tinygrad/kernels.def"

}  // namespace tinygrad::cpu::TINYGRAD_ISA
