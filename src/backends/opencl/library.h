// libOpenCL.so.1, the loader of the system's OpenCL drivers.
#pragma once
#include <string>

namespace tinygrad::opencl {

/// Opens the library, once a process. Empty where that went well; else why not, and what mends it.
const std::string& open_library();

}  // namespace tinygrad::opencl
