// CUDA's streams, events and pinned memory as objects.
#pragma once
#include <cuda_runtime.h>

#include <memory>
#include <type_traits>

namespace tinygrad::cuda {

/// Work in order. It does not wait for the stream that CUDA calls the default one.
struct StreamEnd {
  void operator()(cudaStream_t stream) const { (void)cudaStreamDestroy(stream); }
};
using Stream = std::unique_ptr<std::remove_pointer_t<cudaStream_t>, StreamEnd>;

/// A place in a stream that other streams and the host can wait for.
struct EventEnd {
  void operator()(cudaEvent_t event) const { (void)cudaEventDestroy(event); }
};
using Event = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, EventEnd>;

/// Memory of the host that the device reads and writes itself.
struct PinnedEnd {
  void operator()(void* memory) const { (void)cudaFreeHost(memory); }
};
template <class T> using Pinned = std::unique_ptr<T, PinnedEnd>;

struct DeviceEnd {
  void operator()(void* memory) const { (void)cudaFree(memory); }
};
/// Memory of the device that is in no pool.
using OwnMemory = std::unique_ptr<void, DeviceEnd>;

}  // namespace tinygrad::cuda
