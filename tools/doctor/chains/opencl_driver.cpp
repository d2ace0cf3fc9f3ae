// SPDX-License-Identifier: MIT
// Compares the driver with the chip and the kernel. The rules, and the source of each:
// - Since 24.35 the ordinary packages serve Gen12 and later; Gen8, Gen9 and Gen11 have packages
//   with the suffix legacy1, which live beside them (intel/compute-runtime, LEGACY_PLATFORMS.md,
//   which also says what WSL serves; issue 770 there).
// - Chips that came after a driver are not in its list; chips.cpp has the table.
// - From Linux 6.8 on i915 reports the size of the address space less what the kernel reserves,
//   which drivers before 24.09 take for an unknown chip: no platform (issue 710 there: seen on Gen9
//   to Gen12; found again with OverrideGpuAddressSpace=48; Fedora's change log of
//   24.09.28717.12-3). Distributions may have mended an older one (Ubuntu 24.04's 23.43 is reported
//   to work): said only of a silent one.
// - Beignet was for Gen7; for Gen8 and later the compute-runtime replaces it (issue 55 there).
#include "chains/opencl.h"
#include "remedies.h"

namespace tinygrad::doctor::opencl {
namespace {

constexpr Version first_without_legacy{24, 35}, first_for_new_kernels{24, 9}, new_kernel{6, 8};

Link judged(Text text, std::vector<std::string> parts, State state = State::broken,
            Commands mend = {}) {
  return {.name = Text::driver,
          .state = state,
          .what = {text, std::move(parts)},
          .mend = std::move(mend)};
}

/// The driver can be opened, the chip is there and may be opened: what is left are the versions.
Link by_version(const Surroundings& here, const Icd& icd, const Graphics& card, Version version) {
  const std::string v = version ? to_string(version) : "?", name = to_string(card);
  const Chip* chip = card.chip;
  if (!chip)
    return judged(Text::driver_unknown_chip, {v, name}, State::broken,
                  remedy::newer_intel(here.distribution));
  if (chip->generation < 8)
    return judged(Text::driver_never, {name}, State::broken, remedy::pocl());
  const bool old_chip = needs_legacy(*chip);
  if (old_chip && version >= first_without_legacy && !icd.is_legacy())
    return judged(Text::driver_too_new, {v, name}, State::broken,
                  remedy::legacy_intel(here.distribution, true));
  if (version && version < chip->driver)
    return judged(Text::driver_too_old, {v, name, to_string(chip->driver)}, State::broken,
                  remedy::newer_intel(here.distribution));
  if (version && version < first_for_new_kernels && version_of(here.kernel) >= new_kernel)
    return judged(Text::driver_older_than_kernel, {v, name, here.kernel}, State::broken,
                  old_chip ? remedy::legacy_intel(here.distribution, false)
                           : remedy::newer_intel(here.distribution));
  return judged(Text::driver_no_reason, {v, name}, State::broken,
                {"sudo dmesg | grep -iE 'i915|xe |drm'"});
}

}  // namespace

Link why_intel_is_silent(const Surroundings& here, const Icd& icd, const std::string& library) {
  const Version version = driver_version_in(here.system.read(library).value_or(""));
  const Graphics* card = here.intel_card();
  const bool waits = permission_link(here).state == State::broken;
  Link link = here.wsl && waits ? judged(Text::driver_waits_wsl, {}, State::skipped)
              : here.wsl ? judged(Text::driver_silent_wsl, {version ? to_string(version) : "?"},
                                  State::broken, remedy::newer_intel(here.distribution))
              : !card    ? judged(Text::driver_no_card, {}, State::note)
              : waits    ? judged(Text::driver_waits, {}, State::skipped)
                         : by_version(here, icd, *card, version);
  link.version = version ? to_string(version) : "";
  link.path = library;
  return link;
}

Link driver_link(const Surroundings& here, const Icd& icd, const FoundDevice& device) {
  Link link{.name = Text::driver,
            .what = {Text::driver_found, {device.name}},
            .version = device.driver_version,
            .path = device.library};
  if (!icd.is_beignet() && device.platform != "Intel Gen OCL Driver")
    return link;  // Beignet's name of its platform
  const Graphics* card = here.intel_card();
  const Chip* chip = card ? card->chip : nullptr;
  link.state = State::note;
  if (chip && chip->generation < 8) link.what = {Text::driver_beignet_right, {to_string(*card)}};
  else {
    link.what = {Text::driver_beignet, {card ? to_string(*card) : "Gen8+"}};
    link.mend = remedy::replace_beignet(here.distribution, chip && needs_legacy(*chip));
  }
  return link;
}

}  // namespace tinygrad::doctor::opencl
