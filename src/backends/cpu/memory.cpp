// SPDX-License-Identifier: MIT
// The memory pool: lists of free blocks by size class, and the system's allocator behind them.
#include "backends/cpu/memory.h"

#include <algorithm>
#include <cstdlib>

#include "backends/cpu/scratch.h"
#include "core/environment.h"
#include "tinygrad/error.h"

namespace tinygrad::cpu {
namespace {

using size_classes::class_of;
constexpr std::size_t alignment = size_classes::min_bytes;

void* from_system(std::size_t bytes) {
  void* memory = nullptr;
  return posix_memalign(&memory, alignment, std::max<std::size_t>(bytes, 1)) == 0 ? memory
                                                                                  : nullptr;
}

}  // namespace

Allocator& Allocator::instance() {
  static Allocator& allocator = *new Allocator(
      environment::pool());  // never destroyed: tensors in other statics may outlive this one
  return allocator;
}

void* Allocator::take_kept(int size_class) {
  FreeBlock* block = kept_[size_class];
  if (block) kept_[size_class] = block->next;
  return block;
}

void* Allocator::allocate(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  if (bytes > size_classes::max_bytes) out_of_memory(bytes);
  const int size_class = class_of(bytes);
  void* memory = reuse_ ? take_kept(size_class) : nullptr;
  if (!memory) {
    const std::size_t size = reuse_ ? size_classes::bytes_of(size_class) : bytes;
    memory = from_system(size);
    if (!memory) empty_cache_locked(), memory = from_system(size);
    if (!memory) out_of_memory(bytes);
    stats_.reserved += size;
    stats_.peak_reserved = std::max(stats_.peak_reserved, stats_.reserved);
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
    FreeBlock*& first = kept_[class_of(bytes)];
    first = ::new (memory) FreeBlock{first};
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
  for (int c = 0; c < size_classes::count; ++c)
    while (void* block = take_kept(c))
      stats_.reserved -= size_classes::bytes_of(c), std::free(block);
}

void Allocator::out_of_memory(std::size_t bytes) const {
  fail<DeviceError>("memory", "the CPU has no ", bytes, " bytes left; ", stats_.in_use,
                    " are in use by ", stats_.live_blocks, " blocks");
}

void* scratch_allocate(std::size_t bytes) { return Allocator::instance().allocate(bytes); }
void scratch_release(void* memory, std::size_t bytes) {
  Allocator::instance().release(memory, bytes);
}

}  // namespace tinygrad::cpu
