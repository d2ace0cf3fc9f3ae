// SPDX-License-Identifier: MIT
// Checks whether this user may open the graphics: /dev/dri/renderD* on Linux, /dev/dxg inside
// Windows (intel/compute-runtime, WSL.md). Intel's driver opens /dev/dri/renderD*, and returns
// -1001 if it may not: as if there were no driver (documentation/Neo_in_distributions.md).
#include "chains/access.h"
#include "chains/opencl.h"
#include "remedies.h"

namespace tinygrad::doctor::opencl {
namespace {

Link refused(Text text, std::vector<std::string> parts, Commands mend) {
  return {.name = Text::permission,
          .state = State::broken,
          .what = {text, std::move(parts)},
          .mend = std::move(mend)};
}

/// A card on the bus, and no file for it in /dev/dri.
Link no_node(const Surroundings& here) {
  const Graphics& card = here.cards[0];
  const std::string name = to_string(card);
  if (in_container(here.system))
    return refused(Text::permission_container, {name}, {"docker run --device /dev/dri ..."});
  if (here.system.read("/proc/cmdline").value_or("").find("nomodeset") != std::string::npos)
    return refused(Text::permission_nomodeset, {name}, remedy::allow_modesetting());
  if (card.chip && version_of(here.kernel) < card.chip->kernel)
    return refused(Text::permission_old_kernel, {name, here.kernel, to_string(card.chip->kernel)},
                   remedy::newer_kernel(here.distribution));
  const std::string module = card.nvidia() ? "nvidia" : card.amd() ? "amdgpu" : "i915";
  return refused(Text::permission_no_node, {name}, {"sudo modprobe " + module});
}

}  // namespace

Link permission_link(const Surroundings& here) {
  if (here.wsl) return wsl_link(here, "/usr/lib/wsl/lib/libdxcore.so", Text::wsl_no_library);
  const std::string folder = "/dev/dri/";
  std::vector<std::string> files;
  for (const std::string& name : here.system.list(folder))
    if (name.rfind("renderD", 0) == 0) files.push_back(folder + name);
  if (files.empty() && here.cards.empty())
    return {.name = Text::permission,
            .state = State::skipped,
            .what = {Text::permission_no_graphics},
            .path = folder};
  Link link = files.empty()
                  ? no_node(here)
                  : Link{.name = Text::permission, .what = {Text::permission_given, {files[0]}}};
  link.path = files.empty() ? folder : files[0];
  for (const std::string& file : files) {
    const Access access = here.system.access(file);
    if (access.usable) continue;
    link = locked(file, access, Text::permission_missing);
    break;
  }
  return link;
}

}  // namespace tinygrad::doctor::opencl
