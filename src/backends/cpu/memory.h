// SPDX-License-Identifier: MIT
// The memory pool of the CPU backend: blocks of 64-byte alignment, which are kept for reuse by size
// class when they are released. All together they are hardly more than was once in use at the same
// time: a container would kill the process before malloc fails. Any thread may allocate and
// release.
#pragma once
#include <cstddef>
#include <mutex>

#include "backends/common/size_classes.h"
#include "tinygrad/device.h"

namespace tinygrad::cpu {

class Allocator {
 public:
  /// Without reuse, each block is exactly as large as requested and is freed at once, so that
  /// sanitizers see overruns.
  explicit Allocator(bool reuse) : reuse_(reuse) {}
  ~Allocator() { empty_cache(); }
  Allocator(const Allocator&) = delete;
  /// The process's only one, with reuse unless TINYGRAD_POOL=0.
  static Allocator& instance();

  /// Never null. If the system has no memory left, kept blocks are freed first; if that does not
  /// help, throws DeviceError.
  void* allocate(std::size_t bytes);
  /// `bytes`: the same as were requested.
  void release(void* memory, std::size_t bytes) noexcept;
  MemoryStats stats() const;
  void empty_cache() noexcept;

 private:
  struct FreeBlock {
    FreeBlock* next;
  };
  void* take_kept(int size_class);
  std::size_t block_bytes(std::size_t bytes) const;
  void* new_block(std::size_t bytes);
  void shrink(std::size_t most) noexcept;
  [[noreturn]] void out_of_memory(std::size_t bytes) const;

  const bool reuse_;
  mutable std::mutex mutex_;
  FreeBlock* kept_[size_classes::count] = {};
  MemoryStats stats_;
  std::size_t used_ = 0, peak_used_ = 0;  // as stats_.in_use and peak, with the sizes of the blocks
};

}  // namespace tinygrad::cpu
