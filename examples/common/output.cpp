// SPDX-License-Identifier: MIT
// Checks standard output at the end of a program.
#include "common/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace common {

int exit_code(const std::string& program, int code) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return code;
  std::fprintf(stderr, "%s: standard output cannot be written: %s\n", program.c_str(),
               std::strerror(errno));
  return code ? code : 1;
}

}  // namespace common
