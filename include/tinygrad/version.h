// The version of the headers. CMake reads it from here.
#pragma once
#include "tinygrad/detail/export.h"

#define TINYGRAD_VERSION_MAJOR 0
#define TINYGRAD_VERSION_MINOR 1
#define TINYGRAD_VERSION_PATCH 0

namespace tinygrad {

/// The version of the library that the program runs with, "0.1.0": not that of the headers where a
/// shared library was replaced.
TINYGRAD_API const char* version();

}  // namespace tinygrad
