// SPDX-License-Identifier: MIT
// The interface through which the doctor examines the machine. The tests implement a machine of
// their own, every part of which can be broken.
#pragma once
#include <tinygrad/device.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cuda_build.h"

namespace tinygrad::doctor {

/// The exit and the output of a child process.
struct Outcome {
  enum How { exited, crashed, timed_out, not_started };
  How how = exited;
  int code = 0;  ///< exit status, or signal
  std::string output = {};
};

/// A device file, seen by this user.
struct Access {
  bool usable = false;      ///< may be read and written
  std::string group = {};   ///< the group that may
  bool member = false;      ///< whether the user is in that group, as far as /etc/group says ...
  bool member_now = false;  ///< ... and as far as this process has it: groups are read at login
};

/// A key of Windows' registry.
struct RegistryKey {
  /// A DWORD is "dword:00000001", as .reg files write it; strings of a REG_MULTI_SZ are separated
  /// by semicolons.
  std::map<std::string, std::string> values = {};
  std::vector<std::string> keys = {};  ///< names of the keys below it

  /// Empty if there is no such value.
  std::string value(const std::string& name) const {
    const auto found = values.find(name);
    return found == values.end() ? "" : found->second;
  }
};

/// A display adapter that Windows has now.
struct DisplayAdapter {
  std::string id = {};                 ///< "PCI\\VEN_8086&DEV_9A49&SUBSYS_..."
  std::string service = {};            ///< of its driver: "igfxn"
  std::vector<std::string> keys = {};  ///< of its driver and the driver's components, below
                                       ///< HKLM\SYSTEM\CurrentControlSet\Control\Class
};

/// The drivers that the OpenCL loader sees in a probe: all that it finds here, one library, or (the
/// empty name) none.
using Drivers = std::optional<std::string>;
constexpr std::nullopt_t all_drivers = std::nullopt;
inline const std::string no_drivers;

class System {
 public:
  virtual ~System() = default;
  virtual std::optional<std::string> read(const std::string& file) const = 0;
  /// Names in a folder, sorted; nothing if there is no such folder.
  virtual std::vector<std::string> list(const std::string& folder) const = 0;
  virtual bool exists(const std::string& path) const = 0;
  virtual Access access(const std::string& path) const = 0;
  virtual std::string environment(const std::string& variable) const = 0;
  virtual CpuInfo cpu() const = 0;
  /// The CUDA with which the library was built.
  virtual CudaBuild cuda_build() const = 0;
  /// Whether the library was built with the OpenCL backend.
  virtual bool has_opencl_backend() const = 0;
  virtual bool is_windows() const { return false; }
  /// A key that begins with HKLM or HKCU; empty if there is none, as on other systems.
  virtual RegistryKey registry(const std::string&) const { return {}; }
  virtual std::vector<DisplayAdapter> display_adapters() const { return {}; }
  /// Runs a probe (probes.h) in a child process under a time limit.
  virtual Outcome probe(const std::vector<std::string>& arguments,
                        const Drivers& drivers = all_drivers) const = 0;
};

/// The machine that the program runs on. `program` is the path to itself, `seconds` what one child
/// may take.
std::unique_ptr<System> this_system(const std::string& program, double seconds);

}  // namespace tinygrad::doctor
