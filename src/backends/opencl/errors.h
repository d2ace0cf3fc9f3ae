// OpenCL's error numbers as people read them.
#pragma once
#include <string>

#include "backends/opencl/cl.h"

namespace tinygrad::opencl {

/// "CL_OUT_OF_RESOURCES (-5)".
std::string error_name(cl_int error);
/// What may be behind it and what to do, as "; ..."; empty where there is nothing to say.
std::string advice(cl_int error);
/// Throws DeviceError: the op that runs, what was being done, and the error's name with advice.
[[noreturn]] void raise(const cl::Error& error, const std::string& device,
                        const std::string& doing);

}  // namespace tinygrad::opencl
