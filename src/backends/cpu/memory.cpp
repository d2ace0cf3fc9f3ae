// SPDX-License-Identifier: MIT
// The memory pool: lists of free blocks by size class, and the system's allocator behind them.
#include "backends/cpu/memory.h"

#include <algorithm>
#include <new>

#include "backends/cpu/scratch.h"
#include "core/call.h"
#include "core/environment.h"
#include "core/fork.h"
#include "tinygrad/error.h"

namespace tinygrad::cpu {
namespace {

using size_classes::class_of;
constexpr std::align_val_t alignment{size_classes::min_bytes};

void* from_system(std::size_t bytes) { return ::operator new(bytes, alignment, std::nothrow); }
void to_system(void* memory) { ::operator delete(memory, alignment); }

}  // namespace

Allocator& Allocator::instance() {
  // Never destroyed: tensors in other statics may outlive this one. fork() waits until no thread is
  // inside, so that the new process finds whole lists.
  static Allocator& allocator = *[] {
    at_fork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
            [] { instance().mutex_.unlock(); });
    return new Allocator(environment::pool());
  }();
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
  void* memory = reuse_ ? take_kept(class_of(bytes)) : nullptr;
  if (!memory) memory = new_block(bytes);
  stats_.in_use += bytes, ++stats_.live_blocks;
  stats_.peak = std::max(stats_.peak, stats_.in_use);
  used_ += block_bytes(bytes), peak_used_ = std::max(peak_used_, used_);
  return memory;
}

std::size_t Allocator::block_bytes(std::size_t bytes) const {
  return reuse_ ? size_classes::bytes_of(class_of(bytes)) : bytes;
}

void* Allocator::new_block(std::size_t bytes) {
  const std::size_t size = block_bytes(bytes),
                    most = size_classes::most_reserved(std::max(peak_used_, used_ + size));
  shrink(most - size);
  void* memory = from_system(size);
  if (!memory) shrink(0), memory = from_system(size);
  if (!memory) out_of_memory(bytes);
  stats_.reserved += size;
  stats_.peak_reserved = std::max(stats_.peak_reserved, stats_.reserved);
  return memory;
}

void Allocator::release(void* memory, std::size_t bytes) noexcept {
  if (!memory) return;
  std::lock_guard lock(mutex_);
  stats_.in_use -= bytes, --stats_.live_blocks;
  used_ -= block_bytes(bytes);
  if (reuse_) {
    FreeBlock*& first = kept_[class_of(bytes)];
    first = ::new (memory) FreeBlock{first};
  } else {
    stats_.reserved -= bytes;
    to_system(memory);
  }
}

MemoryStats Allocator::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

void Allocator::empty_cache() noexcept {
  std::lock_guard lock(mutex_);
  shrink(0);
}

/// Frees kept blocks, the largest first, until no more than `most` bytes are held or none is kept.
void Allocator::shrink(std::size_t most) noexcept {
  for (int c = size_classes::count - 1; c >= 0; --c)
    while (stats_.reserved > most && kept_[c]) {
      stats_.reserved -= size_classes::bytes_of(c);
      to_system(take_kept(c));
    }
}

void Allocator::out_of_memory(std::size_t bytes) const {
  fail<DeviceError>(Call{"memory", running_call().location}, "the CPU has no ", bytes,
                    " bytes left; ", stats_.in_use, " are in use by ", stats_.live_blocks,
                    " blocks");
}

void* scratch_allocate(std::size_t bytes) { return Allocator::instance().allocate(bytes); }
void scratch_release(void* memory, std::size_t bytes) {
  Allocator::instance().release(memory, bytes);
}

}  // namespace tinygrad::cpu
