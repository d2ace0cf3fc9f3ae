// Where tensors live. A device is a backend's name and an index: "cpu", "opencl:1".
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "tinygrad/detail/export.h"

namespace tinygrad {

/// A backend's name and an index. Nothing is looked up before a tensor is made there, but for a
/// part of a device's own name.
struct TINYGRAD_API Device {
  std::string name = "cpu";
  int index = 0;
  Device() = default;
  /// "cpu", "cpu:0", "opencl:1"; or "opencl:iris", the first whose own name has this part (in
  /// letters of any case). Throws ArgumentError for any other form, and DeviceError where no device
  /// has that part.
  Device(const char* text);
  Device(const std::string& text);
  friend bool operator==(const Device&, const Device&) = default;
};

/// "cpu", or "opencl:1" where the index is not 0.
TINYGRAD_API std::string to_string(const Device& device);

/// The device that tensors are made on where none is named: $TINYGRAD_DEVICE, else "cpu".
TINYGRAD_API Device default_device();
/// Names that device for the whole process. Throws DeviceError where it is not there.
TINYGRAD_API void set_default_device(const Device& device);
/// The devices that this build and machine offer, the CPU first. Looks for those of drivers, which
/// may take a second.
TINYGRAD_API std::vector<Device> devices();
/// Waits until all that was asked of the device is done.
TINYGRAD_API void synchronize(const Device& device = default_device());

/// Bytes, as the device's allocator counts them.
struct MemoryStats {
  std::size_t in_use = 0;         ///< held by tensors now
  std::size_t peak = 0;           ///< the most that was ever held at once
  std::size_t reserved = 0;       ///< held by tensors or kept for reuse
  std::size_t peak_reserved = 0;  ///< the most that was ever reserved at once
  std::size_t live_blocks = 0;    ///< how many blocks tensors hold now
};
TINYGRAD_API MemoryStats memory_stats(const Device& device = default_device());
/// Gives memory kept for reuse back to the system.
TINYGRAD_API void empty_cache(const Device& device = default_device());

/// How many threads the CPU backend works with: $TINYGRAD_THREADS, else the machine's cores.
/// Results do not depend on it.
TINYGRAD_API int num_threads();
/// 1 to 256; throws ArgumentError outside.
TINYGRAD_API void set_num_threads(int threads);

/// What the CPU backend works with, for programs that report on it.
struct CpuInfo {
  std::string
      kernels;  ///< the instruction set whose kernels were chosen: "baseline", "avx2" or "avx512"
  std::string
      blas;  ///< the BLAS that multiplies, with its version; empty: the library's own product
  int threads = 0;  ///< num_threads()
};
/// Throws ArgumentError where $TINYGRAD_CPU asks for what this machine or build does not have.
TINYGRAD_API CpuInfo cpu_info();

}  // namespace tinygrad
