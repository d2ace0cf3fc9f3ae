// SPDX-License-Identifier: MIT
// Devices: their names, the default device, memory statistics, and the CPU backend's threads.
#pragma once
#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

#include "tinygrad/detail/export.h"
#include "tinygrad/detail/print.h"

namespace tinygrad {

/// The place where a tensor's memory lies and its ops run: a backend's name and an index, such as
/// "cpu" or "opencl:1". A Device may name a device that does not exist, which is an error only when
/// a tensor is created there.
struct TINYGRAD_API Device {
  std::string name = "cpu";
  int index = 0;
  Device() = default;
  /// Reads "cpu", "cpu:0", "opencl:1", or "opencl:iris", which is the first OpenCL device whose
  /// description contains "iris" in letters of any case. Throws ArgumentError for any other form,
  /// and DeviceError if no description contains the text.
  Device(const char* text);
  Device(const std::string& text);
  friend bool operator==(const Device&, const Device&) = default;
};

/// The name alone if the index is 0, as in "cpu"; otherwise name and index, as in "opencl:1".
TINYGRAD_API std::string to_string(const Device& device);
template <detail::TextStream Stream, std::same_as<Device> D>
Stream& operator<<(Stream& stream, const D& device) {
  return detail::print(stream, to_string(device));
}

/// The device on which tensors are created if no other is named: $TINYGRAD_DEVICE if it is set,
/// otherwise "cpu".
TINYGRAD_API Device default_device();
/// Sets the default device of the whole process. Throws DeviceError if it does not exist.
TINYGRAD_API void set_default_device(const Device& device);
/// All devices of this build and machine, the CPU first. The first call asks the drivers, which may
/// take a second.
TINYGRAD_API std::vector<Device> devices();
/// Waits until the device has finished all work that was submitted to it.
TINYGRAD_API void synchronize(const Device& device = default_device());

/// Memory statistics of a device's allocator, in bytes except for live_blocks.
struct MemoryStats {
  std::size_t in_use = 0;         ///< held by tensors now
  std::size_t peak = 0;           ///< the maximum of in_use so far
  std::size_t reserved = 0;       ///< held by tensors or kept for reuse
  std::size_t peak_reserved = 0;  ///< the maximum of reserved so far
  std::size_t live_blocks = 0;    ///< the number of blocks that tensors hold now
};
/// Returns the statistics of a device. Throws DeviceError if it does not exist.
TINYGRAD_API MemoryStats memory_stats(const Device& device = default_device());
/// Returns the memory that is kept for reuse to the system.
TINYGRAD_API void empty_cache(const Device& device = default_device());

/// The number of threads of the CPU backend: $TINYGRAD_THREADS if it is set, otherwise the number
/// of the machine's cores. Results do not depend on it.
TINYGRAD_API int num_threads();
/// Sets the number of threads. Throws ArgumentError unless it is 1 to 256.
TINYGRAD_API void set_num_threads(int threads);

/// The kernels, the BLAS and the threads of the CPU backend, for programs that report them.
struct CpuInfo {
  /// The instruction set whose kernels were chosen: "baseline", "avx2", "avx512" or "neon".
  std::string kernels;
  /// The BLAS for matrix products, with its version; empty if the library's own kernels are used.
  std::string blas;
  int threads = 0;  ///< num_threads()
};
/// Throws ArgumentError if $TINYGRAD_CPU names an instruction set that this machine or build lacks.
TINYGRAD_API CpuInfo cpu_info();

}  // namespace tinygrad
