#include "backends/cuda/memory.h"

#include "tinygrad/error.h"

namespace tinygrad::cuda {
namespace {

/// What is cut for a request.
std::size_t block_bytes(std::size_t bytes) {
  if (bytes <= Pool::most_small) bytes = size_classes::bytes_of(size_classes::class_of(bytes));
  return round_up(bytes, Pool::alignment);
}

}  // namespace

Pool::Pool(std::string device, Driver driver, Segments segments,
           std::shared_ptr<HeldTogether> together)
    : device_(std::move(device)),
      driver_(std::move(driver)),
      segments_(segments),
      together_(std::move(together)) {}
Pool::~Pool() { drop_all(); }

Memory Pool::allocate(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  void* block = bytes ? take(bytes) : nullptr;
  require<DeviceError>(block || !bytes, "memory", device_, " has no ", bytes, " bytes left; ",
                       stats_.in_use, " are in use by ", stats_.live_blocks, " blocks, ",
                       stats_.reserved, " are held", bytes ? driver_.problem() : std::string(),
                       "; take smaller batches, or free tensors");
  stats_.in_use += bytes, ++stats_.live_blocks;
  together_->in_use.more(bytes);
  return {block, bytes};
}

void Pool::release(Memory memory) noexcept {
  std::lock_guard lock(mutex_);
  stats_.in_use -= memory.bytes, --stats_.live_blocks;
  together_->in_use.less(memory.bytes);
  if (!memory.handle) return;
  char* begin = static_cast<char*>(memory.handle);
  if (segments_ != Segments::one_each && memory.bytes <= most_small) try {
      return kept_[size_classes::class_of(memory.bytes)].push_back(begin);
    } catch (const std::bad_alloc&) {  // then it is not kept
    }
  put_back(begin);
  if (segments_ == Segments::one_each) drop_free_segments();
}

MemoryStats Pool::stats() const {
  std::lock_guard lock(mutex_);
  MemoryStats all = stats_;
  all.peak = together_->in_use.most(), all.peak_reserved = together_->reserved.most();
  return all;
}

void Pool::empty_cache() noexcept {
  std::lock_guard lock(mutex_);
  if (segments_ != Segments::kept) drop_all();
}

bool Pool::owns(const void* block) const {
  std::lock_guard lock(mutex_);
  return blocks_.count(static_cast<char*>(const_cast<void*>(block))) > 0;
}

// ------------------------------------------------------------ taking, with the lock held

void* Pool::take(std::size_t request) {
  if (segments_ == Segments::one_each) return exactly(request);
  if (void* kept = take_kept(request)) return kept;
  const std::size_t bytes = block_bytes(request);
  const bool is_small = request <= most_small;
  void* block = cut(bytes, is_small);
  if (!block && add_segment(bytes, is_small)) block = cut(bytes, is_small);
  return block;
}

void* Pool::take_kept(std::size_t bytes) {
  if (bytes > most_small) return nullptr;
  auto& kept = kept_[size_classes::class_of(bytes)];
  if (kept.empty()) return nullptr;
  void* block = kept.back();
  kept.pop_back();
  return block;
}

/// From the smallest free block that is large enough.
void* Pool::cut(std::size_t bytes, bool is_small) {
  const auto found = free_[is_small].lower_bound({bytes, nullptr});
  return found == free_[is_small].end() ? nullptr : use(blocks_.find(found->second), bytes);
}

/// Marks a free block as in use, after its rest has become a block of its own.
void* Pool::use(Blocks::iterator block, std::size_t bytes) {
  auto& [begin, b] = *block;
  const std::size_t whole = b.bytes, rest = whole - bytes;
  if (rest >= (b.is_small ? alignment : least_rest)) {
    add_free(begin + bytes, {.bytes = rest, .is_small = b.is_small, .is_free = true});
    b.bytes = bytes;
  }
  b.node = free_[b.is_small].extract({whole, begin});
  b.is_free = false;
  return begin;
}

/// To both lists, or to none.
void Pool::add_free(char* begin, Block block) {
  const auto entry = free_[block.is_small].insert({block.bytes, begin}).first;
  try {
    blocks_.try_emplace(begin, std::move(block));
  } catch (...) {
    free_[block.is_small].erase(entry);
    throw;
  }
}

/// From the driver. Where it has none left, after what is not in use was given back.
void* Pool::new_segment(std::size_t bytes, bool is_small) {
  void* segment = driver_.allocate(bytes);
  if (!segment && segments_ != Segments::kept) {
    drop_all();
    segment = driver_.allocate(bytes);
  }
  if (segment) try {
      add_free(static_cast<char*>(segment),
               {.bytes = bytes, .begins_segment = true, .is_small = is_small, .is_free = true});
      stats_.reserved += bytes;
      together_->reserved.more(bytes);
    } catch (...) {
      driver_.release(segment);
      throw;
    }
  return segment;
}

bool Pool::add_segment(std::size_t bytes, bool is_small) {
  if (is_small) bytes = small_segment;
  else bytes = bytes <= large_segment / 2 ? large_segment : round_up(bytes, segment_alignment);
  return new_segment(bytes, is_small) != nullptr;
}

void* Pool::exactly(std::size_t bytes) {
  void* segment = new_segment(bytes, false);
  return segment ? use(blocks_.find(static_cast<char*>(segment)), bytes) : nullptr;
}

// ------------------------------------------------------------ giving back, with the lock held

/// Free again, and one with free neighbours.
void Pool::put_back(char* begin) noexcept {
  auto block = blocks_.find(begin);
  BySize::node_type node = std::move(block->second.node);
  if (const auto next = std::next(block);
      next != blocks_.end() && next->second.is_free && !next->second.begins_segment) {
    forget(next);
    block->second.bytes += next->second.bytes;
    blocks_.erase(next);
  }
  if (!block->second.begins_segment && std::prev(block)->second.is_free) {
    const auto before = std::prev(block);
    forget(before);
    before->second.bytes += block->second.bytes;
    blocks_.erase(block);
    block = before;
  }
  block->second.is_free = true;
  node.value() = {block->second.bytes, block->first};
  free_[block->second.is_small].insert(std::move(node));
}

void Pool::put_back_kept() noexcept {
  for (auto& kept : kept_) {
    for (char* block : kept) put_back(block);
    kept.clear();
  }
}

void Pool::drop_all() noexcept {
  put_back_kept();
  drop_free_segments();
}

void Pool::drop_free_segments() noexcept {
  for (auto block = blocks_.begin(); block != blocks_.end();) {
    const auto next = std::next(block);
    if (block->second.is_free && block->second.begins_segment &&
        (next == blocks_.end() || next->second.begins_segment)) {
      forget(block);
      stats_.reserved -= block->second.bytes;
      together_->reserved.less(block->second.bytes);
      driver_.release(block->first);
      blocks_.erase(block);
    }
    block = next;
  }
}

}  // namespace tinygrad::cuda
