// What the emulator's own files share.
#pragma once
#include <functional>
#include <mutex>
#include <string>

#include "cuda_runtime.h"
#include "faults.h"

namespace cuda_emulator {

/// Held by whoever works: one launch, copy or allocation at a time.
std::recursive_mutex& mutex();

/// Work of a stream: done at once, or, while the stream is being captured, noted.
using Work = std::function<cudaError_t()>;
cudaError_t submit(cudaStream_t stream, Work work);

/// cudaSuccess, unless a capture goes on that this call breaks: then the capture is invalid.
cudaError_t refuse_in_capture(const char* call);

/// Notes an error for cudaGetLastError and returns it. The text is printed, and cudaGetErrorString
/// gives it for the last such error.
cudaError_t report(cudaError_t error, const std::string& text = {});

}  // namespace cuda_emulator
