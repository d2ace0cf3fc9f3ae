// SPDX-License-Identifier: MIT
// Turns CUDA's errors into messages for people, and throws them.
#pragma once
#include <cuda_runtime.h>

#include <string>

namespace tinygrad::cuda {

/// "cudaErrorMemoryAllocation (2)".
std::string error_name(cudaError_t error);
/// A likely cause and what to do about it, as "; ..."; empty if none is known.
std::string advice(cudaError_t error);
/// Throws DeviceError with the running op, what was being done, and the error's name with advice.
[[noreturn]] void raise(cudaError_t error, const std::string& device, const std::string& doing);

/// In a function that returns a cudaError_t: returns from it if the call fails.
#define TRY(call) \
  if (const cudaError_t error_of_call = (call); error_of_call != cudaSuccess) return error_of_call

}  // namespace tinygrad::cuda
