// SPDX-License-Identifier: MIT
// Owns CUDA's streams, events, pinned memory and device memory, as std::unique_ptr.
#pragma once
#include <cuda_runtime.h>

#include <memory>
#include <type_traits>

namespace tinygrad::cuda {

/// A stream that does not synchronize with CUDA's default stream (cudaStreamNonBlocking).
struct StreamDeleter {
  void operator()(cudaStream_t stream) const { (void)cudaStreamDestroy(stream); }
};
using Stream = std::unique_ptr<std::remove_pointer_t<cudaStream_t>, StreamDeleter>;

/// A point in a stream that other streams and the host can wait for.
struct EventDeleter {
  void operator()(cudaEvent_t event) const { (void)cudaEventDestroy(event); }
};
using Event = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, EventDeleter>;

/// Page-locked memory of the host, which the device can read and write.
struct PinnedDeleter {
  void operator()(void* memory) const { (void)cudaFreeHost(memory); }
};
template <class T> using Pinned = std::unique_ptr<T, PinnedDeleter>;

struct DeviceDeleter {
  void operator()(void* memory) const { (void)cudaFree(memory); }
};
/// Device memory that belongs to no pool.
using UnpooledMemory = std::unique_ptr<void, DeviceDeleter>;

}  // namespace tinygrad::cuda
