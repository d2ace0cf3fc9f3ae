// SPDX-License-Identifier: MIT
// Copies the host's bytes to the device, buffer after buffer (staging.h).
#include "backends/cuda/staging.h"

#include <algorithm>
#include <cstring>

#include "backends/cuda/errors.h"

namespace tinygrad::cuda {

cudaError_t Staging::create(Buffer& buffer) {
  if (buffer.used) return cudaSuccess;
  void *host = nullptr, *device = nullptr;
  cudaEvent_t copied = nullptr, used = nullptr;
  TRY(cudaMallocHost(&host, buffer_bytes));
  buffer.host.reset(host);
  TRY(cudaMalloc(&device, buffer_bytes));
  buffer.device.reset(device);
  TRY(cudaEventCreateWithFlags(&copied, cudaEventDisableTiming));
  buffer.copied.reset(copied);
  TRY(cudaEventCreateWithFlags(&used, cudaEventDisableTiming));
  buffer.used.reset(used);
  return cudaSuccess;
}

cudaError_t Staging::upload(const void* from, void* to, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  for (std::size_t done = 0; done < bytes; done += buffer_bytes) {
    Buffer& buffer = buffers_[next_++ % buffer_count];
    TRY(create(buffer));
    TRY(send(buffer, static_cast<const char*>(from) + done, static_cast<char*>(to) + done,
             std::min(buffer_bytes, bytes - done)));
  }
  return cudaSuccess;
}

cudaError_t Staging::send(Buffer& buffer, const char* from, char* to, std::size_t bytes) {
  TRY(cudaEventSynchronize(buffer.copied.get()));
  std::memcpy(buffer.host.get(), from, bytes);
  TRY(cudaStreamWaitEvent(copies_, buffer.used.get(), 0));
  TRY(cudaMemcpyAsync(buffer.device.get(), buffer.host.get(), bytes, cudaMemcpyHostToDevice,
                      copies_));
  TRY(cudaEventRecord(buffer.copied.get(), copies_));
  TRY(cudaStreamWaitEvent(main_, buffer.copied.get(), 0));
  TRY(cudaMemcpyAsync(to, buffer.device.get(), bytes, cudaMemcpyDeviceToDevice, main_));
  return cudaEventRecord(buffer.used.get(), main_);
}

}  // namespace tinygrad::cuda
