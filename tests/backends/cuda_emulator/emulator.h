// SPDX-License-Identifier: MIT
// Declares what the emulator's files share: its lock, its streams and its errors.
#pragma once
#include <functional>
#include <mutex>
#include <string>

#include "cuda_runtime.h"
#include "faults.h"

namespace cuda_emulator {

/// Guards the emulator: one launch, copy or allocation at a time.
std::recursive_mutex& mutex();

/// Work of a stream: it is run at once, or recorded while the stream is being captured.
using Work = std::function<cudaError_t()>;
cudaError_t submit(cudaStream_t stream, Work work);

/// Returns cudaSuccess, unless a capture is active that forbids this call: that becomes invalid.
cudaError_t refuse_in_capture(const char* call);

/// Records an error for cudaGetLastError and returns it. The text is printed, and
/// cudaGetErrorString returns it for the last such error.
cudaError_t report(cudaError_t error, const std::string& text = {});

}  // namespace cuda_emulator
