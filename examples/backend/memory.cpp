// SPDX-License-Identifier: MIT
// Memory: blocks in a table. A handle is a block's index plus an offset that no valid address has,
// so that code which takes it for an address crashes.
#include <algorithm>

#include "reference.h"
#include "tinygrad/error.h"

namespace reference {

Memory Reference::allocate(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<std::byte[]> block(new (std::nothrow) std::byte[bytes]);  // of exactly this size
  if (!block)
    fail<DeviceError>("allocate", to_string(device()), " has no ", bytes,
                      " bytes left; its tensors hold ", stats_.in_use);
  std::fill_n(block.get(), bytes, std::byte(0xFF));  // floats that were never written are NaN
  void* handle = reinterpret_cast<void*>(last_handle_ + 1);
  blocks_.try_emplace(handle, Block{std::move(block), bytes});
  ++last_handle_, ++stats_.live_blocks;
  stats_.reserved = stats_.in_use += bytes;
  stats_.peak_reserved = stats_.peak = std::max(stats_.peak, stats_.in_use);
  return {handle, bytes};
}

void Reference::release(Memory memory) noexcept {
  std::lock_guard lock(mutex_);
  const auto block = blocks_.find(memory.handle);
  if (block == blocks_.end()) return;
  stats_.reserved = stats_.in_use -= block->second.size;
  --stats_.live_blocks;
  blocks_.erase(block);
}

std::byte* Reference::at(const Memory& memory, std::size_t offset, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  const auto block = blocks_.find(memory.handle);
  const std::size_t room = block == blocks_.end() ? 0 : block->second.size;
  const bool inside = block != blocks_.end() && offset <= room && bytes <= room - offset;
  require<DeviceError>(inside, "memory", bytes, " bytes from ", offset,
                       " on are not inside a block of ", to_string(device()), " that holds ", room);
  return block->second.bytes.get() + offset;
}

void Reference::upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) {
  std::copy_n(static_cast<const std::byte*>(from), bytes, at(to, offset, bytes));
}
void Reference::download(Memory from, std::size_t offset, void* to, std::size_t bytes) {
  std::copy_n(at(from, offset, bytes), bytes, static_cast<std::byte*>(to));
}

MemoryStats Reference::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

Backend& register_reference_backend(const Device& device) {
  return register_backend(std::make_unique<Reference>(device));
}

}  // namespace reference
