// SPDX-License-Identifier: MIT
// Holds the doctor's findings: chains of links. It is plain data, which print.cpp and json.cpp
// read.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "text.h"

namespace tinygrad::doctor {

enum class State {
  ok,
  note,     ///< works or does no harm, but has a remark
  broken,   ///< must be mended before the rest of the chain can work
  skipped,  ///< was not reached, or there is nothing to look at
};

/// One command for each family of distributions; the same one three times if it is the same
/// on each. Or one for Windows. Empty: nothing to do.
struct Commands {
  std::string debian = {}, fedora = {}, arch = {}, windows = {};
  Commands() = default;
  Commands(const std::string& everywhere)
      : debian(everywhere), fedora(everywhere), arch(everywhere) {}
  Commands(std::string debian, std::string fedora, std::string arch)
      : debian(std::move(debian)), fedora(std::move(fedora)), arch(std::move(arch)) {}
  static Commands on_windows(const std::string& command) {
    Commands commands;
    return commands.windows = command, commands;
  }
  bool empty() const { return debian.empty() && fedora.empty() && arch.empty() && windows.empty(); }
};

struct Link {
  Text name = Text::none;  ///< "loader", "platform", ...; its English form is the key for programs
  std::string subject = {};  ///< which of several: an ICD file, a device
  State state = State::ok;
  Message what = {};         ///< a sentence
  std::string version = {};  ///< if it has one
  std::string path = {};     ///< of the file that was really loaded or looked at
  Commands mend = {};        ///< the command that mends it
};

struct Chain {
  std::string name;    ///< a proper name: "CPU", "OpenCL"
  std::string device;  ///< what tinygrad calls its devices: "cpu", "opencl"
  std::vector<Link> links = {};
  bool works = false;  ///< tinygrad computes through it
};

struct Speed {
  std::string device;
  double bandwidth = 0;  ///< GB/s of c = a + b on large vectors, all three counted
  double matmul = 0;     ///< GFLOP/s of a product of square matrices
};

/// A device that was asked for by name.
struct Asked {
  std::string device;
  bool works = false;
  std::string problem = {};  ///< tinygrad's own message
};

struct Report {
  std::string system;    ///< "Debian GNU/Linux 12 (bookworm), Linux 6.1.0-18-amd64"
  std::string graphics;  ///< "Intel Tiger Lake (8086:9a49)", or empty
  std::vector<Chain> chains = {};
  Asked asked = {};
  std::vector<Speed> speeds = {};
};

}  // namespace tinygrad::doctor
