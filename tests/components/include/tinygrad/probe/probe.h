// SPDX-License-Identifier: MIT
// Declares a component for the test of components.
#pragma once
#include "tinygrad/detail/export.h"
#include "tinygrad/tensor.h"

namespace tinygrad::probe {

/// 2 x.
TINYGRAD_API Tensor twice(const Tensor& x);

}  // namespace tinygrad::probe
