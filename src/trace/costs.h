// SPDX-License-Identifier: MIT
// What an op costs: floating-point operations, by its name and shapes, and bytes.
#pragma once
#include "tinygrad/observer.h"

namespace tinygrad::tracing {

/// The operations of an op that has ended.
using CountFlops = double (*)(const OpEvent&);
/// The formula for ops of this name; null if there is none.
CountFlops flops_of(const char* name);

/// The bytes of each distinct input and of each output. Elements that a view repeats count once.
double bytes_of(const OpEvent& op);

}  // namespace tinygrad::tracing
