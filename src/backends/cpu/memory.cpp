#include "backends/cpu/memory.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "backends/cpu/kernels.h"
#include "core/environment.h"
#include "tinygrad/error.h"

namespace tinygrad::cpu {
namespace {

constexpr std::size_t alignment = 64, most = std::size_t(1) << 62;

/// Classes are 4, 5, 6 and 7 quarters of each power of two: at most a fifth of a block is unused.
int class_of(std::size_t bytes) {
  bytes = std::max(bytes, alignment);
  const int log = std::bit_width(bytes - 1) - 1;  // 2^log < bytes <= 2^(log + 1)
  const std::size_t quarter = std::size_t(1) << (log - 2);
  return 4 * log + int((bytes - 1) / quarter) - 3;
}
std::size_t class_bytes(int size_class) {
  const int log = (size_class - 1) / 4, quarters = (size_class - 1) % 4 + 5;
  return std::size_t(quarters) << (log - 2);
}
void* from_system(std::size_t bytes) {
  void* memory = nullptr;
  return posix_memalign(&memory, alignment, std::max<std::size_t>(bytes, 1)) == 0 ? memory : nullptr;
}

}  // namespace

Allocator& Allocator::instance() {
  static Allocator& allocator = *new Allocator(environment::pool());  // outlives the tensors in other statics
  return allocator;
}

void* Allocator::take_kept(int size_class) {
  Free* block = kept_[size_class];
  if (block) kept_[size_class] = block->next;
  return block;
}

void* Allocator::allocate(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  if (bytes > most) out_of_memory(bytes);
  const int size_class = class_of(bytes);
  void* memory = reuse_ ? take_kept(size_class) : nullptr;
  if (!memory) {
    const std::size_t size = reuse_ ? class_bytes(size_class) : bytes;
    memory = from_system(size);
    if (!memory) empty_cache_locked(), memory = from_system(size);
    if (!memory) out_of_memory(bytes);
    stats_.reserved += size;
  }
  stats_.in_use += bytes, ++stats_.live_blocks;
  stats_.peak = std::max(stats_.peak, stats_.in_use);
  return memory;
}

void Allocator::release(void* memory, std::size_t bytes) noexcept {
  if (!memory) return;
  std::lock_guard lock(mutex_);
  stats_.in_use -= bytes, --stats_.live_blocks;
  if (reuse_) {
    Free*& first = kept_[class_of(bytes)];
    first = ::new (memory) Free{first};
  } else {
    stats_.reserved -= bytes;
    std::free(memory);
  }
}

MemoryStats Allocator::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

void Allocator::empty_cache() noexcept {
  std::lock_guard lock(mutex_);
  empty_cache_locked();
}

void Allocator::empty_cache_locked() noexcept {
  for (int c = 0; c < classes; ++c)
    while (void* block = take_kept(c)) stats_.reserved -= class_bytes(c), std::free(block);
}

void Allocator::out_of_memory(std::size_t bytes) const {
  fail<DeviceError>("memory", "the CPU has no ", bytes, " bytes left; ", stats_.in_use, " are in use by ", stats_.live_blocks, " blocks");
}

void* scratch_allocate(std::size_t bytes) { return Allocator::instance().allocate(bytes); }
void scratch_release(void* memory, std::size_t bytes) { Allocator::instance().release(memory, bytes); }

}  // namespace tinygrad::cpu
