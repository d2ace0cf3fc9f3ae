// SPDX-License-Identifier: MIT
// Allocates OpenCL buffers and keeps released ones for reuse.
#include "backends/opencl/memory.h"

#include <algorithm>

#include "backends/opencl/errors.h"
#include "core/call.h"
#include "tinygrad/error.h"

namespace tinygrad::opencl {

Pool::Pool(cl::Context context, std::string device, Limits limits, std::function<void()> wait)
    : context_(std::move(context)),
      device_(std::move(device)),
      limits_(limits),
      wait_(std::move(wait)) {}

/// The size of a block for `bytes`: that of its size class, but at most the largest block that the
/// device can allocate.
std::size_t Pool::block_bytes(std::size_t bytes) const {
  if (!limits_.reuse) return bytes;
  return std::max<std::size_t>(
      bytes, std::min<std::uint64_t>(size_classes::bytes_of(size_classes::class_of(bytes)),
                                     limits_.largest_block));
}

cl_mem Pool::take_kept(std::size_t bytes) {
  if (!limits_.reuse) return nullptr;
  std::lock_guard lock(mutex_);
  auto& kept = kept_[size_classes::class_of(bytes)];
  if (kept.empty()) return nullptr;
  cl_mem block = kept.back();
  kept.pop_back();
  return block;
}

cl_mem Pool::from_driver(std::size_t bytes, cl_int& error) const {
  return tinygrad_clCreateBuffer(
      context_(), CL_MEM_READ_WRITE | (limits_.zero_copy ? CL_MEM_ALLOC_HOST_PTR : 0), bytes,
      nullptr, &error);
}

cl_mem Pool::new_block(std::size_t bytes) {
  require<DeviceError>(
      bytes <= limits_.largest_block, Call{"memory", running_call().location}, device_, " has no ",
      bytes, " bytes left in one block; it gives at most ", std::to_string(limits_.largest_block),
      " (CL_DEVICE_MAX_MEM_ALLOC_SIZE): take smaller batches, or split the tensor");
  cl_int error = CL_SUCCESS;
  const std::size_t size = block_bytes(bytes);
  {
    std::lock_guard lock(mutex_);
    shrink(size_classes::most_reserved(std::max(peak_used_, used_ + size)) - size);
  }
  cl_mem block = from_driver(size, error);
  if (!block) {
    wait_();
    empty_cache();
    block = from_driver(size, error);
  }
  const MemoryStats now = stats();
  require<DeviceError>(block, Call{"memory", running_call().location}, device_, " has no ", bytes,
                       " bytes left; ", now.in_use, " are in use by ", now.live_blocks, " blocks (",
                       error_name(error), ")", advice(error));
  std::lock_guard lock(mutex_);
  stats_.reserved += size;
  stats_.peak_reserved = std::max(stats_.peak_reserved, stats_.reserved);
  return block;
}

Memory Pool::allocate(std::size_t bytes) {
  cl_mem block = bytes ? take_kept(bytes) : nullptr;
  if (bytes && !block) block = new_block(bytes);
  std::lock_guard lock(mutex_);
  stats_.in_use += bytes, ++stats_.live_blocks;
  stats_.peak = std::max(stats_.peak, stats_.in_use);
  used_ += block ? block_bytes(bytes) : 0, peak_used_ = std::max(peak_used_, used_);
  return {block, bytes};
}

void Pool::release(Memory memory) noexcept {
  std::lock_guard lock(mutex_);
  stats_.in_use -= memory.bytes, --stats_.live_blocks;
  if (!memory.handle) return;
  used_ -= block_bytes(memory.bytes);
  const cl_mem block = static_cast<cl_mem>(memory.handle);
  if (limits_.reuse) try {
      return kept_[size_classes::class_of(memory.bytes)].push_back(block);
    } catch (const std::bad_alloc&) {  // the block is not kept then
    }
  stats_.reserved -= block_bytes(memory.bytes);
  tinygrad_clReleaseMemObject(block);
}

MemoryStats Pool::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

void Pool::empty_cache() noexcept {
  std::lock_guard lock(mutex_);
  shrink(0);
}

/// Releases kept blocks, the largest first, until no more than `most` bytes are held or none is
/// kept.
void Pool::shrink(std::size_t most) noexcept {
  for (int c = size_classes::count - 1; c >= 0; --c)
    while (stats_.reserved > most && !kept_[c].empty()) {
      stats_.reserved -= block_bytes(size_classes::bytes_of(c));
      tinygrad_clReleaseMemObject(kept_[c].back());
      kept_[c].pop_back();
    }
}

}  // namespace tinygrad::opencl
