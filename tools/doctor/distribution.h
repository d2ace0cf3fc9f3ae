// SPDX-License-Identifier: MIT
// Finds the Linux distribution, or Windows, which decides how commands are written.
#pragma once
#include <string>

#include "system.h"

namespace tinygrad::doctor {

enum class Family { debian, fedora, arch, windows, other };

struct Distribution {
  Family family = Family::other;
  std::string name = "Linux";  ///< for people
  std::string id = {};         ///< "debian", "ubuntu", "fedora", ...
  std::string codename = {};   ///< "bookworm", "noble"; empty if there is none
  std::string version = {};    ///< "12", "24.04"; empty for rolling ones
  double number() const;       ///< 24.04; 0 without a version, as Debian's testing has none
  bool is(const char* distribution) const { return id == distribution; }
};

/// From Windows' registry, or from /etc/os-release: ID, and ID_LIKE for those that descend from
/// another.
Distribution distribution(const System& system);
/// "6.1.0-18-amd64"
std::string kernel_release(const System& system);
/// A Linux inside Windows; its kernel says so. 1 or 2; 0 elsewhere.
int wsl_version(const System& system);
bool in_container(const System& system);

}  // namespace tinygrad::doctor
