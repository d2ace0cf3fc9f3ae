// SPDX-License-Identifier: MIT
// Splits segments into blocks, merges free neighbours, and caches small blocks (memory.h).
#include "backends/cuda/memory.h"

#include "backends/common/integers.h"
#include "core/call.h"
#include "tinygrad/error.h"

namespace tinygrad::cuda {
namespace {

/// Bytes of the block for a request.
std::size_t block_bytes(std::size_t bytes) {
  if (bytes <= MemoryPool::max_small) bytes = size_classes::bytes_of(size_classes::class_of(bytes));
  return round_up(bytes, MemoryPool::alignment);
}

}  // namespace

MemoryPool::MemoryPool(std::string device, Driver driver, Segments segments,
                       std::shared_ptr<DeviceCounters> counters)
    : device_(std::move(device)),
      driver_(std::move(driver)),
      segments_(segments),
      counters_(std::move(counters)) {}
MemoryPool::~MemoryPool() { release_unused(); }

Memory MemoryPool::allocate(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  void* block = bytes ? take(bytes) : nullptr;
  require<DeviceError>(block || !bytes, Call{"memory", running_call().location}, device_,
                       " has no ", bytes, " bytes left; ", stats_.in_use, " are in use by ",
                       stats_.live_blocks, " blocks, ", stats_.reserved, " are held",
                       bytes ? driver_.problem() : std::string(),
                       "; take smaller batches, or free tensors");
  stats_.in_use += bytes, ++stats_.live_blocks;
  counters_->in_use.add(bytes);
  return {block, bytes};
}

void MemoryPool::release(Memory memory) noexcept {
  std::lock_guard lock(mutex_);
  stats_.in_use -= memory.bytes, --stats_.live_blocks;
  counters_->in_use.subtract(memory.bytes);
  if (!memory.handle) return;
  char* begin = static_cast<char*>(memory.handle);
  if (segments_ != Segments::one_each && memory.bytes <= max_small) try {
      return cached_[size_classes::class_of(memory.bytes)].push_back(begin);
    } catch (const std::bad_alloc&) {  // then the block is not cached
    }
  put_back(begin);
  if (segments_ == Segments::one_each) release_free_segments();
}

MemoryStats MemoryPool::stats() const {
  std::lock_guard lock(mutex_);
  MemoryStats all = stats_;
  all.peak = counters_->in_use.peak(), all.peak_reserved = counters_->reserved.peak();
  return all;
}

void MemoryPool::empty_cache() noexcept {
  std::lock_guard lock(mutex_);
  if (segments_ != Segments::kept) release_unused();
}

bool MemoryPool::owns(const void* block) const {
  std::lock_guard lock(mutex_);
  return blocks_.count(static_cast<char*>(const_cast<void*>(block))) > 0;
}

// ------------------------------------------------------------ allocation, with the lock held

void* MemoryPool::take(std::size_t request) {
  if (segments_ == Segments::one_each) return allocate_exactly(request);
  if (void* cached = take_cached(request)) return cached;
  const std::size_t bytes = block_bytes(request);
  const bool is_small = request <= max_small;
  void* block = cut(bytes, is_small);
  if (!block && add_segment(bytes, is_small)) block = cut(bytes, is_small);
  return block;
}

void* MemoryPool::take_cached(std::size_t bytes) {
  if (bytes > max_small) return nullptr;
  auto& cached = cached_[size_classes::class_of(bytes)];
  if (cached.empty()) return nullptr;
  void* block = cached.back();
  cached.pop_back();
  return block;
}

/// Takes a block of the smallest free block that is large enough.
void* MemoryPool::cut(std::size_t bytes, bool is_small) {
  const auto found = free_[is_small].lower_bound({bytes, nullptr});
  return found == free_[is_small].end() ? nullptr : use(blocks_.find(found->second), bytes);
}

/// Marks a free block as in use, after splitting off its remainder as a free block of its own.
void* MemoryPool::use(Blocks::iterator block, std::size_t bytes) {
  auto& [begin, b] = *block;
  const std::size_t size = b.bytes, remainder = size - bytes;
  if (remainder >= (b.is_small ? alignment : min_remainder)) {
    add_free(begin + bytes, {.bytes = remainder, .is_small = b.is_small, .is_free = true});
    b.bytes = bytes;
  }
  b.node = free_[b.is_small].extract({size, begin});
  b.is_free = false;
  return begin;
}

/// Adds a block to both lists, or to neither if memory is short.
void MemoryPool::add_free(char* begin, Block block) {
  const auto entry = free_[block.is_small].insert({block.bytes, begin}).first;
  try {
    blocks_.try_emplace(begin, std::move(block));
  } catch (...) {
    free_[block.is_small].erase(entry);
    throw;
  }
}

/// Gets a segment from the driver; if that has no memory left, unused segments are given back
/// first.
void* MemoryPool::new_segment(std::size_t bytes, bool is_small) {
  void* segment = driver_.allocate(bytes);
  if (!segment && segments_ != Segments::kept) {
    release_unused();
    segment = driver_.allocate(bytes);
  }
  if (segment) try {
      add_free(static_cast<char*>(segment),
               {.bytes = bytes, .begins_segment = true, .is_small = is_small, .is_free = true});
      stats_.reserved += bytes;
      counters_->reserved.add(bytes);
    } catch (...) {
      driver_.release(segment);
      throw;
    }
  return segment;
}

bool MemoryPool::add_segment(std::size_t bytes, bool is_small) {
  if (is_small) bytes = small_segment;
  else bytes = bytes <= large_segment / 2 ? large_segment : round_up(bytes, segment_alignment);
  return new_segment(bytes, is_small) != nullptr;
}

void* MemoryPool::allocate_exactly(std::size_t bytes) {
  void* segment = new_segment(bytes, false);
  return segment ? use(blocks_.find(static_cast<char*>(segment)), bytes) : nullptr;
}

// ------------------------------------------------------------ release, with the lock held

/// Marks a block as free and merges it with its free neighbours.
void MemoryPool::put_back(char* begin) noexcept {
  auto block = blocks_.find(begin);
  BySize::node_type node = std::move(block->second.node);
  if (const auto next = std::next(block);
      next != blocks_.end() && next->second.is_free && !next->second.begins_segment) {
    erase_free(next);
    block->second.bytes += next->second.bytes;
    blocks_.erase(next);
  }
  if (!block->second.begins_segment && std::prev(block)->second.is_free) {
    const auto before = std::prev(block);
    erase_free(before);
    before->second.bytes += block->second.bytes;
    blocks_.erase(block);
    block = before;
  }
  block->second.is_free = true;
  node.value() = {block->second.bytes, block->first};
  free_[block->second.is_small].insert(std::move(node));
}

void MemoryPool::put_back_cached() noexcept {
  for (auto& cached : cached_) {
    for (char* block : cached) put_back(block);
    cached.clear();
  }
}

void MemoryPool::release_unused() noexcept {
  put_back_cached();
  release_free_segments();
}

void MemoryPool::release_free_segments() noexcept {
  for (auto block = blocks_.begin(); block != blocks_.end();) {
    const auto next = std::next(block);
    if (block->second.is_free && block->second.begins_segment &&
        (next == blocks_.end() || next->second.begins_segment)) {
      erase_free(block);
      stats_.reserved -= block->second.bytes;
      counters_->reserved.subtract(block->second.bytes);
      driver_.release(block->first);
      blocks_.erase(block);
    }
    block = next;
  }
}

}  // namespace tinygrad::cuda
