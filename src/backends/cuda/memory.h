// A device's memory. The driver gives segments, from which blocks are cut and to which they go
// back; neighbours that are free become one again. A block is the smallest that is large enough
// (best fit). Small blocks come and go with every op: they are kept by size class, and cut from
// segments of their own, so that they do not lie about in large ones.
//
// The device's stream is in order: whoever takes a block next works on it after all that was queued
// before, so that blocks are free at once when they are released. Any thread may allocate and
// release. Pure host logic: the driver's part is handed in.
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

/// What the pool wants of the driver.
struct Driver {
  std::function<void*(std::size_t bytes)> allocate;  ///< null where there is none left
  std::function<void(void*)> release;
  std::function<std::string()> problem;  ///< after allocate has failed: what the driver says
};

enum class Segments : unsigned char {
  one_each,  ///< a request gets one of its own, of exactly its size, which goes back when it is
             ///< released
  reused,    ///< many requests share one; it goes back when memory is short, or is asked for
  kept,  ///< they go back with the pool: what a CUDA graph works in must stay, though nobody holds
         ///< it
};

/// A number of bytes that pools count together, and the most that it was.
class Held {
 public:
  void more(std::size_t bytes) {
    const std::size_t all = now_ += bytes;
    for (std::size_t before = most_; before < all && !most_.compare_exchange_weak(before, all);) {}
  }
  void less(std::size_t bytes) { now_ -= bytes; }
  std::size_t most() const { return most_; }

 private:
  std::atomic<std::size_t> now_ = 0, most_ = 0;
};
struct HeldTogether {
  Held in_use, reserved;
};

class Pool {
 public:
  /// together: what this pool counts with others, of one device.
  Pool(std::string device, Driver driver, Segments segments,
       std::shared_ptr<HeldTogether> together = std::make_shared<HeldTogether>());
  ~Pool();
  Pool(const Pool&) = delete;

  /// Null for 0 bytes. Where the driver has none left, segments that are not in use are given back
  /// first; then throws DeviceError.
  Memory allocate(std::size_t bytes);
  void release(Memory memory) noexcept;
  /// What it holds; peaks are those of all pools that count together.
  MemoryStats stats() const;
  /// Gives the segments back in which nothing is in use, unless they are kept.
  void empty_cache() noexcept;
  /// Whether a block comes from here.
  bool owns(const void* block) const;

  static constexpr std::size_t alignment = 256;
  static constexpr std::size_t most_small = 256
                                            << 10;  ///< bytes of a block that is kept by its class
  static constexpr std::size_t small_segment = 2 << 20;  ///< what small blocks are cut from
  static constexpr std::size_t large_segment =
      16 << 20;  ///< what blocks of up to half its size are cut from
  static constexpr std::size_t segment_alignment = 2 << 20;  ///< of larger ones; the driver's pages
  static constexpr std::size_t least_rest = 1 << 20;  ///< of a large block: less is not cut off

 private:
  using BySize = std::set<std::pair<std::size_t, char*>>;
  struct Block {
    std::size_t bytes = 0;
    bool begins_segment = false, is_small = false, is_free = false;
    BySize::node_type node = {};  // the entry in free_ that it gives up while it is in use, so that
                                  // a release allocates nothing
  };
  using Blocks = std::map<char*, Block>;

  void* take(std::size_t bytes);
  void* take_kept(std::size_t bytes);
  void* cut(std::size_t bytes, bool is_small);
  void* exactly(std::size_t bytes);
  void* use(Blocks::iterator block, std::size_t bytes);
  void add_free(char* begin, Block block);
  void* new_segment(std::size_t bytes, bool is_small);
  bool add_segment(std::size_t bytes, bool is_small);
  void put_back(char* begin) noexcept;
  void forget(Blocks::iterator block) {
    free_[block->second.is_small].erase({block->second.bytes, block->first});
  }
  void put_back_kept() noexcept;
  void drop_all() noexcept;
  void drop_free_segments() noexcept;

  std::string device_;
  Driver driver_;
  Segments segments_;
  mutable std::mutex mutex_;
  Blocks blocks_;   // by address: neighbours are neighbours, but where a segment begins
  BySize free_[2];  // large, small
  std::vector<char*> kept_[size_classes::count];  // small ones, in use as far as blocks_ knows
  MemoryStats stats_;
  std::shared_ptr<HeldTogether> together_;
};

}  // namespace tinygrad::cuda
