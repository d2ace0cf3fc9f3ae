// SPDX-License-Identifier: MIT
// Declares the parts of the OpenCL chain.
#pragma once
#include <string>
#include <vector>

#include "report.h"
#include "surroundings.h"

namespace tinygrad::doctor::opencl {

/// A file in /etc/OpenCL/vendors: one line that names a driver's library. If a variable names the
/// library itself, `name` is that variable and `file` the library. On Windows `file` is a key of
/// the registry, and `name` the name of the library.
struct Icd {
  std::string file, name, library;
  bool is_intel() const { return library.find("igdrcl") != std::string::npos; }
  bool is_legacy() const { return (name + library).find("legacy") != std::string::npos; }
  bool is_beignet() const {
    return (name + library).find("beignet") != std::string::npos ||
           library.find("libcl.so") != std::string::npos;
  }
};

/// The links of one driver. `first`: ICD, platform, driver and devices; `last`: extensions and
/// kernel of each device.
struct IcdLinks {
  std::vector<Link> first, last;
  bool computes = false;  ///< one of its devices added right
};

/// `loader`: its name and version.
std::vector<Link> find_icds(const Surroundings& here, const std::string& loader,
                            std::vector<Icd>& icds);
IcdLinks walk_icd(const Surroundings& here, const Icd& icd);

/// May the graphics be opened? On WSL the question is another one.
Link permission_link(const Surroundings& here);

/// Checks whether Intel's driver fits the chip and the kernel, if it offers no platform. `library`:
/// the file that was loaded.
Link why_intel_is_silent(const Surroundings& here, const Icd& icd, const std::string& library);
/// The driver of a device that exists.
struct FoundDevice {
  std::string name, platform, driver_version, library;
};
Link driver_link(const Surroundings& here, const Icd& icd, const FoundDevice& device);

}  // namespace tinygrad::doctor::opencl
