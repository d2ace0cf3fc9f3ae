// A device's memory: buffers of OpenCL, kept for reuse by size class as the CPU's blocks are. Views
// name their elements by offsets that reach kernels as arguments, so every buffer begins where the
// driver aligned it. Any thread may allocate and release.
#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "backends/opencl/cl.h"
#include "backends/common/size_classes.h"
#include "tinygrad/backend.h"

namespace tinygrad::opencl {

class Pool {
 public:
  struct Limits {
    std::uint64_t largest_block;
    bool zero_copy;  ///< the host maps blocks where they lie
    bool reuse;  ///< false: each block is exactly as large as asked, and goes straight back to the
                 ///< driver
  };
  /// `wait` waits until the device is idle: then all that was released is really free.
  Pool(cl::Context context, std::string device, Limits limits, std::function<void()> wait);
  ~Pool() { empty_cache(); }
  Pool(const Pool&) = delete;

  /// A block whose handle is a cl_mem; null for 0 bytes. Where the driver has none left, kept
  /// blocks are given back first; then throws DeviceError.
  Memory allocate(std::size_t bytes);
  /// The queue is in order: whoever takes the block next writes to it after all commands that were
  /// queued before.
  void release(Memory memory) noexcept;
  MemoryStats stats() const;
  void empty_cache() noexcept;

 private:
  std::size_t block_bytes(std::size_t bytes) const;
  cl_mem take_kept(std::size_t bytes);
  cl_mem from_driver(std::size_t bytes, cl_int& error) const;
  cl_mem new_block(std::size_t bytes);

  cl::Context context_;
  std::string device_;
  Limits limits_;
  std::function<void()> wait_;
  mutable std::mutex mutex_;
  std::vector<cl_mem> kept_[size_classes::count];
  MemoryStats stats_;
};

}  // namespace tinygrad::opencl
