// SPDX-License-Identifier: MIT
// Pool: the memory of a device. Its blocks are OpenCL buffers, kept for reuse by size class, and
// bounded, like the CPU's blocks. Kernels get a buffer and the offset of a view as separate
// arguments, so every buffer begins at the alignment of the driver. Any thread may allocate and
// release.
#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "backends/common/size_classes.h"
#include "backends/opencl/cl.h"
#include "tinygrad/backend.h"

namespace tinygrad::opencl {

class Pool {
 public:
  struct Limits {
    std::uint64_t largest_block;
    bool zero_copy;  ///< the host maps blocks instead of copying them
    bool reuse;      ///< if false, each block has exactly the requested size and is returned to the
                     ///< driver at once
  };
  /// `wait` waits until the device is idle; after that, all released memory is really free.
  Pool(cl::Context context, std::string device, Limits limits, std::function<void()> wait);
  ~Pool() { empty_cache(); }
  Pool(const Pool&) = delete;

  /// Returns a block whose handle is a cl_mem; null for 0 bytes. If the driver has no memory left,
  /// the kept blocks are returned to it first; if that does not suffice, throws DeviceError.
  Memory allocate(std::size_t bytes);
  /// Keeps the block for reuse. The queue runs in order, so the next owner of the block writes to
  /// it only after all commands that were queued before.
  void release(Memory memory) noexcept;
  MemoryStats stats() const;
  void empty_cache() noexcept;

 private:
  std::size_t block_bytes(std::size_t bytes) const;
  cl_mem take_kept(std::size_t bytes);
  cl_mem from_driver(std::size_t bytes, cl_int& error) const;
  cl_mem new_block(std::size_t bytes);
  void shrink(std::size_t most) noexcept;

  cl::Context context_;
  std::string device_;
  Limits limits_;
  std::function<void()> wait_;
  mutable std::mutex mutex_;
  std::vector<cl_mem> kept_[size_classes::count];
  MemoryStats stats_;
  std::size_t used_ = 0, peak_used_ = 0;  // as stats_.in_use and peak, with the sizes of the blocks
};

}  // namespace tinygrad::opencl
