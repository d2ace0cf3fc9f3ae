// CUDA's errors as people read them.
#pragma once
#include <cuda_runtime.h>

#include <string>

namespace tinygrad::cuda {

/// "cudaErrorMemoryAllocation (2)".
std::string error_name(cudaError_t error);
/// What may be behind it and what to do, as "; ..."; empty where there is nothing to say.
std::string advice(cudaError_t error);
/// Throws DeviceError: the op that runs, what was being done, and the error's name with advice.
[[noreturn]] void raise(cudaError_t error, const std::string& device, const std::string& doing);

/// In a function that returns a cudaError_t: the first that is not success is its result.
#define TRY(call) \
  if (const cudaError_t error_of_call = (call); error_of_call != cudaSuccess) return error_of_call

}  // namespace tinygrad::cuda
