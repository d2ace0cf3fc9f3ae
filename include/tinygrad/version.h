// SPDX-License-Identifier: MIT
// The version of the headers, from which CMake takes the version of the project.
#pragma once
#include "tinygrad/detail/export.h"

#define TINYGRAD_VERSION_MAJOR 0
#define TINYGRAD_VERSION_MINOR 1
#define TINYGRAD_VERSION_PATCH 0

namespace tinygrad {

/// The version of the library that the program runs with, such as "0.1.0". It differs from the
/// version of the headers if the shared library was replaced.
TINYGRAD_API const char* version();

}  // namespace tinygrad
