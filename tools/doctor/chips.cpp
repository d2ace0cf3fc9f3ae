// SPDX-License-Identifier: MIT
// Sources of the table. Ids and names: the compute-runtime's
// shared/source/dll/devices/devices_base.inl, and Linux's list of i915 ids for what that never
// served. The chips that 22.43 serves are those that Debian 12's own driver accepts (ocloc -device
// 0x...): Broadwell to Raptor Lake and the first Arc cards, not Twin Lake and not Meteor Lake.
// Ubuntu 24.04's 23.43 serves Meteor Lake; the notes of 24.48 name Lunar Lake and Battlemage;
// Panther Lake was seen in 26.05. Gen8 to Gen11: the compute-runtime's LEGACY_PLATFORMS.md.
// Kernels: the first whose i915 or xe accepts the chip by default, if that is known.
#include "chips.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>

namespace tinygrad::doctor {
namespace {

constexpr Chip chips[] = {
    {0x0152, 0x016A, "Ivy Bridge", 7, {}, {}},
    {0x0402, 0x042E, "Haswell", 7, {}, {}},
    {0x0A02, 0x0A2E, "Haswell", 7, {}, {}},
    {0x0C02, 0x0C2E, "Haswell", 7, {}, {}},
    {0x0D02, 0x0D2E, "Haswell", 7, {}, {}},
    {0x0F30, 0x0F33, "Bay Trail", 7, {}, {}},
    {0x22B0, 0x22B3, "Cherry Trail", 7, {}, {}},  // Gen8 LP, which the compute-runtime never served
    {0x1602, 0x163E, "Broadwell", 8, {20, 44}, {}},
    {0x1902, 0x193D, "Skylake", 9, {20, 44}, {}},
    {0x1A84, 0x1A85, "Apollo Lake", 9, {20, 44}, {}},
    {0x5A84, 0x5A85, "Apollo Lake", 9, {20, 44}, {}},
    {0x3184, 0x3185, "Gemini Lake", 9, {20, 44}, {}},
    {0x5902, 0x593B, "Kaby Lake", 9, {20, 44}, {}},
    {0x87C0, 0x87CA, "Amber Lake", 9, {20, 44}, {}},
    {0x3E90, 0x3EA9, "Coffee Lake", 9, {20, 44}, {}},
    {0x9B21, 0x9BF6, "Comet Lake", 9, {20, 44}, {}},
    {0x8A50, 0x8A71, "Ice Lake", 11, {20, 44}, {}},
    {0x9840, 0x9840, "Lakefield", 11, {22, 43}, {}},
    {0x4541, 0x4571, "Elkhart Lake", 11, {22, 43}, {}},
    {0x4E51, 0x4E71, "Jasper Lake", 11, {22, 43}, {}},
    {0x9A40, 0x9AF8, "Tiger Lake", 12, {20, 44}, {}},
    {0x4905, 0x4909, "DG1", 12, {22, 43}, {}},
    {0x4C80, 0x4C9A, "Rocket Lake", 12, {22, 43}, {}},
    {0x4626, 0x462A, "Alder Lake", 12, {22, 43}, {5, 17}},
    {0x4680, 0x4693, "Alder Lake", 12, {22, 43}, {5, 16}},
    {0x46A0, 0x46C3, "Alder Lake", 12, {22, 43}, {5, 17}},
    {0x46D0, 0x46D2, "Alder Lake-N", 12, {22, 43}, {}},
    {0xA720, 0xA721, "Raptor Lake", 12, {22, 43}, {}},
    {0xA780, 0xA78B, "Raptor Lake", 12, {22, 43}, {}},
    {0xA7A0, 0xA7AD, "Raptor Lake", 12, {22, 43}, {}},
    {0x46D3, 0x46D4, "Twin Lake", 13, {24, 48}, {}},
    {0x4F80, 0x4F88, "Arc A", 13, {22, 43}, {6, 2}},
    {0x5690, 0x56C2, "Arc A", 13, {22, 43}, {6, 2}},
    {0x7D40, 0x7D40, "Meteor Lake", 13, {23, 43}, {6, 7}},
    {0x7D45, 0x7D45, "Meteor Lake", 13, {23, 43}, {6, 7}},
    {0x7D55, 0x7D55, "Meteor Lake", 13, {23, 43}, {6, 7}},
    {0x7D60, 0x7D60, "Meteor Lake", 13, {23, 43}, {6, 7}},
    {0x7DD5, 0x7DD5, "Meteor Lake", 13, {23, 43}, {6, 7}},
    {0x7D41, 0x7D41, "Arrow Lake", 13, {24, 48}, {}},
    {0x7D51, 0x7D51, "Arrow Lake", 13, {24, 48}, {}},
    {0x7D67, 0x7D67, "Arrow Lake", 13, {24, 48}, {}},
    {0x7DD1, 0x7DD1, "Arrow Lake", 13, {24, 48}, {}},
    {0x6420, 0x64B0, "Lunar Lake", 13, {24, 48}, {6, 12}},
    {0xE202, 0xE223, "Battlemage", 13, {24, 48}, {6, 12}},
    {0xB080, 0xB0B0, "Panther Lake", 13, {26, 5}, {}},
    {0xFD80, 0xFD81, "Panther Lake", 13, {26, 5}, {}},
};

std::uint16_t hexadecimal(const System& system, const std::string& file) {
  return std::uint16_t(std::strtoul(system.read(file).value_or("0").c_str(), nullptr, 16));
}

bool digits_at(const std::string& s, std::size_t at, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (at + i >= s.size() || !std::isdigit(static_cast<unsigned char>(s[at + i]))) return false;
  return true;
}

Graphics card_of(std::uint16_t vendor, std::uint16_t device) {
  Graphics card{vendor, device};
  if (card.intel()) card.chip = find_chip(card.device);
  if (card.nvidia()) card.gpu = find_nvidia_gpu(card.device);
  return card;
}

}  // namespace

Version version_of(const std::string& text) {
  Version v;
  return std::sscanf(text.c_str(), "%d.%d", &v.major, &v.minor) == 2 ? v : Version{};
}
std::string to_string(Version v) {
  const std::string minor = std::to_string(v.minor);
  return std::to_string(v.major) + "." + (v.major >= 20 && minor.size() < 2 ? "0" : "") +
         minor;  // the compute-runtime counts weeks: 26.05
}

const Chip* find_chip(std::uint16_t device) {
  for (const Chip& chip : chips)
    if (device >= chip.first && device <= chip.last) return &chip;
  return nullptr;
}

/// Microsoft, "Identifiers for PCI devices": PCI\VEN_v(4)&DEV_d(4)&...
Graphics card_of(const DisplayAdapter& adapter) {
  unsigned vendor = 0, device = 0;
  std::sscanf(adapter.id.c_str(), "PCI\\VEN_%4x&DEV_%4x", &vendor, &device);
  return card_of(std::uint16_t(vendor), std::uint16_t(device));
}

std::vector<Graphics> graphics_cards(const System& system) {
  const std::string bus = "/sys/bus/pci/devices/";
  std::vector<Graphics> all;
  for (const DisplayAdapter& adapter : system.display_adapters())
    if (const Graphics card = card_of(adapter); card.known()) all.push_back(card);
  for (const std::string& slot : system.list(bus)) {
    const std::string kind = system.read(bus + slot + "/class").value_or("");
    if (kind.rfind("0x03", 0) != 0) continue;  // display controllers
    const Graphics card = card_of(hexadecimal(system, bus + slot + "/vendor"),
                                  hexadecimal(system, bus + slot + "/device"));
    if (card.known()) all.push_back(card);
  }
  return all;
}

std::string to_string(const Graphics& card) {
  char ids[16];
  std::snprintf(ids, sizeof ids, "%04x:%04x", unsigned(card.vendor), unsigned(card.device));
  const std::string vendor = card.intel() ? "Intel" : card.nvidia() ? "NVIDIA" : "AMD";
  const char* name = card.chip ? card.chip->name : card.gpu ? card.gpu->name : nullptr;
  return vendor + (name ? std::string(" ") + name : "") + " (" + ids + ")";
}

Version driver_version_in(const std::string& library) {
  for (std::size_t dot = library.find('.', 2); dot != std::string::npos;
       dot = library.find('.', dot + 1)) {
    const bool begins =
        dot >= 2 && digits_at(library, dot - 2, 2) && (dot == 2 || !digits_at(library, dot - 3, 1));
    if (begins && digits_at(library, dot + 1, 2) && dot + 3 < library.size() &&
        library[dot + 3] == '.' && digits_at(library, dot + 4, 5))
      return version_of(library.substr(dot - 2, 5));
  }
  return {};
}

}  // namespace tinygrad::doctor
