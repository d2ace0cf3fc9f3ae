// SPDX-License-Identifier: MIT
// An OpenCL driver that never answers.
#include <unistd.h>

namespace {
struct Hangs {
  Hangs() {
    for (;;) pause();
  }
} hangs;
}  // namespace
