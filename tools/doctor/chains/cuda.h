// SPDX-License-Identifier: MIT
// Declares the parts of the CUDA chain.
#pragma once
#include <string>
#include <vector>

#include "cuda_rules.h"
#include "report.h"
#include "surroundings.h"

namespace tinygrad::doctor::cuda {

/// NVIDIA's first GPU on the bus; null if there is none, or none can be seen (WSL).
const Graphics* card_of(const Surroundings& here);

/// A GPU as the driver shows it.
struct Device {
  std::string name;
  Capability capability;
};

/// The results of links that later links use.
struct Found {
  bool expected =
      false;  ///< a GPU is on the bus, or Windows may lend one: what is missing must be mended
  bool reachable = false;  ///< the driver shows a GPU
  bool ends_us = false;    ///< libcuda.so.1 crashes or hangs, and with it all that opens it, as
                           ///< NVIDIA's libraries do
  int driver = 0;          ///< the CUDA version that it runs: 12040
  Capability on_bus = {};  ///< of the GPU on the bus, if its id is known
  std::vector<Device> devices = {};
  CudaBuild build = {};
  bool old_gpu() const;  ///< one that CUDA 13 makes no code for
  int cuda_major()
      const;  ///< whose libraries are wanted: the build's, else what the GPU and the driver take
};

Link gpu_link(const Surroundings& here);
/// The kernel's part of the driver, and the files through which programs reach it; inside WSL, the
/// GPU that Windows provides.
std::vector<Link> driver_links(const Surroundings& here);
/// The driver's part that programs open: its version and its devices.
std::vector<Link> version_links(const Surroundings& here, Found& found);

Link toolkit_link(const Surroundings& here, const Found& found);
Link runtime_link(const Surroundings& here, const Found& found);
Link cublaslt_link(const Surroundings& here, const Found& found);
Link cudnn_link(const Surroundings& here, const Found& found);
Link nccl_link(const Surroundings& here);
/// This build's code against each device.
std::vector<Link> architecture_links(const Surroundings& here, const Found& found);

/// The version of NVIDIA's kernel module: "535.183.01"; empty if it is not loaded.
std::string module_version(const System& system);

}  // namespace tinygrad::doctor::cuda
