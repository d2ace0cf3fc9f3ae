#include "backends/cuda/staging.h"

#include <algorithm>
#include <cstring>

#include "backends/cuda/errors.h"

namespace tinygrad::cuda {

cudaError_t Staging::make(Piece& piece) {
  if (piece.used) return cudaSuccess;
  void *host = nullptr, *device = nullptr;
  cudaEvent_t copied = nullptr, used = nullptr;
  TRY(cudaMallocHost(&host, piece_bytes));
  piece.host.reset(host);
  TRY(cudaMalloc(&device, piece_bytes));
  piece.device.reset(device);
  TRY(cudaEventCreateWithFlags(&copied, cudaEventDisableTiming));
  piece.copied.reset(copied);
  TRY(cudaEventCreateWithFlags(&used, cudaEventDisableTiming));
  piece.used.reset(used);
  return cudaSuccess;
}

cudaError_t Staging::upload(const void* from, void* to, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  for (std::size_t done = 0; done < bytes; done += piece_bytes) {
    Piece& piece = pieces_[next_++ % pieces];
    TRY(make(piece));
    TRY(send(piece, static_cast<const char*>(from) + done, static_cast<char*>(to) + done,
             std::min(piece_bytes, bytes - done)));
  }
  return cudaSuccess;
}

cudaError_t Staging::send(Piece& piece, const char* from, char* to, std::size_t bytes) {
  TRY(cudaEventSynchronize(piece.copied.get()));
  std::memcpy(piece.host.get(), from, bytes);
  TRY(cudaStreamWaitEvent(copies_, piece.used.get(), 0));
  TRY(cudaMemcpyAsync(piece.device.get(), piece.host.get(), bytes, cudaMemcpyHostToDevice,
                      copies_));
  TRY(cudaEventRecord(piece.copied.get(), copies_));
  TRY(cudaStreamWaitEvent(main_, piece.copied.get(), 0));
  TRY(cudaMemcpyAsync(to, piece.device.get(), bytes, cudaMemcpyDeviceToDevice, main_));
  return cudaEventRecord(piece.used.get(), main_);
}

}  // namespace tinygrad::cuda
