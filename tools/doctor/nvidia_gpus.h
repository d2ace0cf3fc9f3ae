// SPDX-License-Identifier: MIT
// Lists NVIDIA's generations of GPUs by PCI id, with the toolkits and drivers that each can use.
#pragma once
#include <cstdint>
#include <string>

namespace tinygrad::doctor {

/// A compute capability: 8.9 is {8, 9}. What a GPU can do, and the name of the code that is made
/// for it: sm_89, compute_89.
struct Capability {
  int major = 0, minor = 0;
  friend auto operator<=>(const Capability&, const Capability&) = default;
  explicit operator bool() const { return major > 0; }
};
std::string to_string(Capability capability);
/// "8.9"; 0.0 for any other text.
Capability capability_of(const std::string& text);

/// A row of the table. Drivers are branches: 580 for 580.65.06.
struct NvidiaGpu {
  std::uint16_t first, last;  ///< PCI device ids
  const char* name;           ///< of the generation
  Capability capability;
  int first_driver;  ///< the first that supports it; 0: all that can run CUDA 12
  int last_driver;   ///< the last that serves it; 0: the newest does
  int last_cuda;     ///< the last major version whose toolkit makes code for it; 0: the newest does
};
const NvidiaGpu* find_nvidia_gpu(std::uint16_t device);

/// NVIDIA's open kernel modules talk to a processor on the GPU that came with Turing ...
inline bool has_open_module(const NvidiaGpu& gpu) { return gpu.capability >= Capability{7, 5}; }
/// ... and from Blackwell on there are no others.
inline bool needs_open_module(const NvidiaGpu& gpu) { return gpu.capability.major >= 10; }

}  // namespace tinygrad::doctor
