// SPDX-License-Identifier: MIT
// Translates OpenCL's error codes into names and advice for error messages.
#pragma once
#include <string>

#include "backends/opencl/cl.h"

namespace tinygrad::opencl {

/// Returns the name and the number of an error: "CL_OUT_OF_RESOURCES (-5)".
std::string error_name(cl_int error);
/// Returns a likely cause and what to do about it, as "; ..."; empty if there is no advice.
std::string advice(cl_int error);
/// Throws a DeviceError with the running op, what was being done, and the error's name and advice.
[[noreturn]] void raise(const cl::Error& error, const std::string& device,
                        const std::string& doing);

}  // namespace tinygrad::opencl
