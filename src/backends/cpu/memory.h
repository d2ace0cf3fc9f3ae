// The CPU's memory: blocks of 64-byte alignment, kept for reuse by size class. Any thread may
// allocate and release.
#pragma once
#include <cstddef>
#include <mutex>

#include "backends/common/size_classes.h"
#include "tinygrad/device.h"

namespace tinygrad::cpu {

class Allocator {
 public:
  /// Without reuse each block is exactly as large as asked and goes straight back, so that
  /// sanitizers see overruns.
  explicit Allocator(bool reuse) : reuse_(reuse) {}
  ~Allocator() { empty_cache(); }
  Allocator(const Allocator&) = delete;
  /// The process's own, with reuse unless TINYGRAD_POOL=0.
  static Allocator& instance();

  /// Never null. Where the system has none left, kept blocks are given back first; then throws
  /// DeviceError.
  void* allocate(std::size_t bytes);
  /// `bytes` as they were asked for.
  void release(void* memory, std::size_t bytes) noexcept;
  MemoryStats stats() const;
  void empty_cache() noexcept;

 private:
  struct Free {
    Free* next;
  };
  void* take_kept(int size_class);
  void empty_cache_locked() noexcept;
  [[noreturn]] void out_of_memory(std::size_t bytes) const;

  const bool reuse_;
  mutable std::mutex mutex_;
  Free* kept_[size_classes::count] = {};
  MemoryStats stats_;
};

}  // namespace tinygrad::cpu
