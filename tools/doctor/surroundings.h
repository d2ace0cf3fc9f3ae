// SPDX-License-Identifier: MIT
// Holds the facts about the machine that every chain needs; they are found once.
#pragma once
#include <string>
#include <vector>

#include "chips.h"
#include "distribution.h"
#include "probes.h"
#include "report.h"
#include "system.h"

namespace tinygrad::doctor {

struct Surroundings {
  explicit Surroundings(const System& system);
  const System& system;
  Distribution distribution;
  std::string kernel;  ///< "6.1.0-18-amd64"
  int wsl = 0;         ///< 1 or 2: a Linux inside Windows
  bool windows;        ///< Windows itself
  std::vector<Graphics> cards;
  Outcome devices;  ///< what tinygrad offers: the probe "devices"

  const Graphics* intel_card() const;
};

/// "SIGABRT", "0xC0000005" on Windows, "no answer in time" or "exit status 1".
std::string how_it_ended(const Outcome& outcome);

/// The backend of a chain: whether this build has it, and the command that makes a build with it.
struct InBuild {
  bool has;
  Commands build;
};
/// The last links of a chain: tinygrad's devices of this name, each tried. `reachable`: whether the
/// chain is whole so far. If it is and there are none, the library's own reason, or that this build
/// does not have the backend.
std::vector<Link> tinygrad_links(const Surroundings& here, const std::string& device,
                                 bool reachable, const InBuild& backend);
/// One device, tried: works, or its problem in tinygrad's words.
Asked try_device(const System& system, const std::string& device);

}  // namespace tinygrad::doctor
