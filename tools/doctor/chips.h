// SPDX-License-Identifier: MIT
// Finds the graphics of this machine, and the drivers that serve each of Intel's chips.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "nvidia_gpus.h"
#include "system.h"

namespace tinygrad::doctor {

/// The first two parts of a version: 22.43 of the compute-runtime, 6.8 of a kernel. Compares as
/// they do.
struct Version {
  int major = 0, minor = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
  explicit operator bool() const { return major > 0; }
};
/// From the beginning of a text; 0.0 if it does not begin with two numbers.
Version version_of(const std::string& text);
std::string to_string(Version version);

/// A row of the table of Intel's chips.
struct Chip {
  std::uint16_t first, last;  ///< PCI device ids
  const char* name;
  int generation;  ///< 7 to 12 as Intel counts; 13 for all that came after Alder Lake and its
                   ///< copies
  Version driver;  ///< from which compute-runtime on it is known to be served
  Version
      kernel;  ///< from which Linux on it works without force_probe; 0.0: not known, or long ago
};

/// A graphics card on the PCI bus.
struct Graphics {
  std::uint16_t vendor = 0, device = 0;
  const Chip* chip = nullptr;      ///< Intel's, if the table has it
  const NvidiaGpu* gpu = nullptr;  ///< NVIDIA's, likewise
  bool intel() const { return vendor == 0x8086; }
  bool nvidia() const { return vendor == 0x10DE; }
  bool amd() const { return vendor == 0x1002; }
  bool known() const { return intel() || nvidia() || amd(); }
};
std::vector<Graphics> graphics_cards(const System& system);
Graphics card_of(const DisplayAdapter& adapter);
/// "Intel Tiger Lake (8086:9a49)", "NVIDIA Ada (10de:2684)"
std::string to_string(const Graphics& card);
const Chip* find_chip(std::uint16_t device);

/// Gen8 to Gen11: served up to 24.34, and by a "legacy" package of 24.35 after that.
inline bool needs_legacy(const Chip& chip) { return chip.generation >= 8 && chip.generation <= 11; }

/// The compute-runtime's version, found in the bytes of its library: it contains "22.43.24595", for
/// example. 0.0 if it contains none.
Version driver_version_in(const std::string& library);

}  // namespace tinygrad::doctor
