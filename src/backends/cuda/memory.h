// SPDX-License-Identifier: MIT
// Allocates a device's memory: a caching allocator. The driver provides segments, which are split
// into blocks; free neighbours are merged again. A request gets the smallest free block that is
// large enough (best fit). Small blocks are allocated and released by every op: they are cached by
// size class, and are split from segments of their own, so that they do not fragment large ones.
//
// The device's stream executes in order: the next owner of a block works on it after everything
// that was queued before, so that a block can be reused as soon as it is released. Any thread may
// allocate and release. Host code only: the calls of the driver are passed in.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "backends/common/integers.h"
#include "backends/common/size_classes.h"
#include "tinygrad/backend.h"

namespace tinygrad::cuda {

/// The calls of the driver that a pool makes.
struct Driver {
  std::function<void*(std::size_t bytes)> allocate;  ///< null if none is left
  std::function<void(void*)> release;
  std::function<std::string()> problem;  ///< after a failed allocate: the driver's words
};

enum class Segments : unsigned char {
  one_each,  ///< each request gets a segment of exactly its size, which goes back to the driver
             ///< when it is released
  reused,  ///< requests share segments, which go back when memory is short or empty_cache is called
  kept,  ///< segments go back with the pool: the memory that a CUDA graph works in must stay, even
         ///< if no block of it is in use
};

/// A count of bytes that several pools add to, and its peak.
class PeakCounter {
 public:
  void add(std::size_t bytes) {
    const std::size_t total = now_ += bytes;
    for (std::size_t before = peak_;
         before < total && !peak_.compare_exchange_weak(before, total);) {}
  }
  void subtract(std::size_t bytes) { now_ -= bytes; }
  std::size_t peak() const { return peak_; }

 private:
  std::atomic<std::size_t> now_ = 0, peak_ = 0;
};
/// The counters that all pools of a device share.
struct DeviceCounters {
  PeakCounter in_use, reserved;
};

class MemoryPool {
 public:
  MemoryPool(std::string device, Driver driver, Segments segments,
             std::shared_ptr<DeviceCounters> counters = std::make_shared<DeviceCounters>());
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;

  /// Returns null for 0 bytes. If the driver has no memory left, unused segments are given back
  /// first; if that does not help, throws DeviceError.
  Memory allocate(std::size_t bytes);
  void release(Memory memory) noexcept;
  /// The bytes and blocks of this pool; the peaks are those of all pools that share the counters.
  MemoryStats stats() const;
  /// Gives unused segments back to the driver, unless they are kept.
  void empty_cache() noexcept;
  /// Returns whether this pool allocated the block.
  bool owns(const void* block) const;

  static constexpr std::size_t alignment = 256;
  /// Blocks of up to so many bytes are small: released ones are cached by size class.
  static constexpr std::size_t max_small = 256 << 10;
  /// Bytes of a segment for small blocks.
  static constexpr std::size_t small_segment = 2 << 20;
  /// Bytes of a segment for blocks of up to half that.
  static constexpr std::size_t large_segment = 16 << 20;
  /// Larger segments are multiples of this, the driver's page size.
  static constexpr std::size_t segment_alignment = 2 << 20;
  /// A large block is split only if at least so many bytes remain.
  static constexpr std::size_t min_remainder = 1 << 20;

 private:
  using BySize = std::set<std::pair<std::size_t, char*>>;
  struct Block {
    std::size_t bytes = 0;
    bool begins_segment = false, is_small = false, is_free = false;
    BySize::node_type node = {};  // its entry of free_, kept here while the block is in use, so
                                  // that release() allocates nothing
  };
  using Blocks = std::map<char*, Block>;

  void* take(std::size_t bytes);
  void* take_cached(std::size_t bytes);
  void* cut(std::size_t bytes, bool is_small);
  void* allocate_exactly(std::size_t bytes);
  void* use(Blocks::iterator block, std::size_t bytes);
  void add_free(char* begin, Block block);
  void* new_segment(std::size_t bytes, bool is_small);
  bool add_segment(std::size_t bytes, bool is_small);
  void put_back(char* begin) noexcept;
  void erase_free(Blocks::iterator block) {
    free_[block->second.is_small].erase({block->second.bytes, block->first});
  }
  void put_back_cached() noexcept;
  void release_unused() noexcept;
  void release_free_segments() noexcept;

  std::string device_;
  Driver driver_;
  Segments segments_;
  mutable std::mutex mutex_;
  Blocks blocks_;   // by address; a block's predecessor is its neighbour unless it begins a segment
  BySize free_[2];  // large, small
  std::vector<char*> cached_[size_classes::count];  // small blocks; blocks_ has them as in use
  MemoryStats stats_;
  std::shared_ptr<DeviceCounters> counters_;
};

}  // namespace tinygrad::cuda
