// How the host's bytes reach the device: through a few pieces of pinned memory and, beside each, a
// piece of the device's. The copy over the bus runs on a stream of its own, while the main stream
// computes; what waits there is a copy within the device, 50 times as fast.
//
//   host   -memcpy->   pinned   -copy stream->   piece on the device   -main stream->   destination
#pragma once
#include <mutex>

#include "backends/cuda/handles.h"

namespace tinygrad::cuda {

class Staging {
 public:
  /// The main stream, and the one for copies.
  void open(cudaStream_t main, cudaStream_t copies) { main_ = main, copies_ = copies; }
  /// The host's memory is free for reuse on return; the destination holds the bytes when the main
  /// stream gets there.
  cudaError_t upload(const void* from, void* to, std::size_t bytes);

  static constexpr std::size_t piece_bytes = 4 << 20;
  static constexpr int pieces = 4;

 private:
  struct Piece {
    Pinned<void> host;
    OwnMemory device;
    Event copied, used;  // `copied`: the pinned half is free again; `used`: the device's
  };
  static cudaError_t make(Piece& piece);
  cudaError_t send(Piece& piece, const char* from, char* to, std::size_t bytes);

  cudaStream_t main_ = nullptr, copies_ = nullptr;
  std::mutex mutex_;
  Piece pieces_[pieces];  // made when first needed
  int next_ = 0;
};

}  // namespace tinygrad::cuda
