// SPDX-License-Identifier: MIT
// The table of kernels of one instruction set. Compiled like the kernels, once for each set.
#include "backends/cpu/entries.h"
#include "core/macros.h"

namespace tinygrad::cpu::TINYGRAD_ISA {

extern const Kernels kernels = {
    TINYGRAD_STRINGIFY(TINYGRAD_ISA),
#define REQUIRED_KERNEL(name, parameters, arguments) name,
#define KERNEL(name, backends, parameters, arguments)      \
  []() -> Plain<bool parameters>* {                        \
    if constexpr ((on_cpu & (backends)) != 0) return name; \
    else return nullptr;                                   \
  }(),
#include "tinygrad/kernels.def"
};

}  // namespace tinygrad::cpu::TINYGRAD_ISA
