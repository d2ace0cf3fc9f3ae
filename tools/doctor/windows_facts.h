// SPDX-License-Identifier: MIT
// Declares what System asks Windows itself.
#pragma once
#include "system.h"

namespace tinygrad::doctor {

RegistryKey windows_registry(const std::string& key);
std::vector<DisplayAdapter> windows_display_adapters();
/// The lines of Linux's /proc/cpuinfo that the CPU chain reads.
std::string windows_processors();

}  // namespace tinygrad::doctor
