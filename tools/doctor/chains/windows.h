// SPDX-License-Identifier: MIT
// Declares the links that are Windows' own.
#pragma once
#include <vector>

#include "chains/cuda.h"
#include "chains/opencl.h"

namespace tinygrad::doctor::windows {

/// The driver of each graphics card, or of NVIDIA's alone; its version and date.
std::vector<Link> card_links(const Surroundings& here, bool of_nvidia = false);
/// Drivers in the registry. Those that are enabled and there are added to `icds`.
std::vector<Link> find_icds(const Surroundings& here, std::vector<opencl::Icd>& icds);
Link toolkit_link(const Surroundings& here, const cuda::Found& found);
/// cuDNN, and WSL for a build without CUDA.
std::vector<Link> library_links(const Surroundings& here, const cuda::Found& found);
/// Tells the user how to see that the GPU is at work.
Link monitor_link();

/// Installs the driver of a card; of the first if none is given.
Commands driver(const Surroundings& here, const Graphics* card = nullptr);

}  // namespace tinygrad::doctor::windows
