// SPDX-License-Identifier: MIT
// Reads the argument that the benchmark programs accept beside Google Benchmark's flags: --device
// NAME.
#pragma once
#include <tinygrad/device.h>
#include <tinygrad/error.h>

#include <string>

namespace bench {

/// The device named by --device, else the default one. Throws ArgumentError for any other argument.
inline std::string device_argument(int argc, char** argv) {
  if (argc == 1) return to_string(tinygrad::default_device());
  tinygrad::require(argc == 3 && std::string(argv[1]) == "--device", "arguments",
                    "unknown argument ", argv[1],
                    "; takes --device NAME and Google Benchmark's flags");
  return argv[2];
}

}  // namespace bench
