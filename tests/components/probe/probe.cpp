// SPDX-License-Identifier: MIT
// Uses only public headers.
#include "../include/tinygrad/probe/probe.h"

#include "tinygrad/ops.h"

namespace tinygrad::probe {

Tensor twice(const Tensor& x) { return x * 2; }

}  // namespace tinygrad::probe
