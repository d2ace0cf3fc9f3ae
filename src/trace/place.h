// SPDX-License-Identifier: MIT
// Text that says where an op ran.
#pragma once
#include <string>

#include "tinygrad/shape.h"

namespace tinygrad::tracing {

/// "fc1, net.cpp:12"; empty if neither the module nor the line is known.
std::string place(const std::string& module, SourceLocation location);

/// The index of the element at a row-major position.
Dims index_at(std::int64_t position, const Shape& shape);

}  // namespace tinygrad::tracing
