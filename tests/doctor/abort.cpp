// SPDX-License-Identifier: MIT
// An OpenCL driver that aborts every program that opens it.
#include <cstdlib>

namespace {
struct Aborts {
  Aborts() { std::abort(); }
} aborts;
}  // namespace
