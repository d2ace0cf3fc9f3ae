// SPDX-License-Identifier: MIT
// Opens libOpenCL.so.1, the loader of the system's OpenCL drivers.
#pragma once
#include <string>

namespace tinygrad::opencl {

/// Opens the library once per process. Returns an empty string on success, otherwise a message that
/// says why it failed and how to fix it.
const std::string& open_library();

}  // namespace tinygrad::opencl
