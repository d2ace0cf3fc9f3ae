// SPDX-License-Identifier: MIT
// Copies the host's bytes to the device through a few staging buffers, each a block of pinned
// memory and one on the device. The copy over the bus runs on a stream of its own while the main
// stream computes; the main stream itself only copies within the device, which is 50 times as fast.
//
//   host -memcpy-> pinned memory -copy stream-> buffer on the device -main stream-> destination
#pragma once
#include <mutex>

#include "backends/cuda/handles.h"

namespace tinygrad::cuda {

class Staging {
 public:
  /// Sets the main stream and the copy stream.
  void open(cudaStream_t main, cudaStream_t copies) { main_ = main, copies_ = copies; }
  /// `from` may be reused on return; `to` holds the bytes for all later work of the main stream.
  cudaError_t upload(const void* from, void* to, std::size_t bytes);

  static constexpr std::size_t buffer_bytes = 4 << 20;
  static constexpr int buffer_count = 4;

 private:
  struct Buffer {
    Pinned<void> host;
    UnpooledMemory device;
    Event copied, used;  // when the pinned half (copied) and the device half (used) are free again
  };
  static cudaError_t create(Buffer& buffer);
  cudaError_t send(Buffer& buffer, const char* from, char* to, std::size_t bytes);

  cudaStream_t main_ = nullptr, copies_ = nullptr;
  std::mutex mutex_;
  Buffer buffers_[buffer_count];  // created when first needed
  int next_ = 0;
};

}  // namespace tinygrad::cuda
