// SPDX-License-Identifier: MIT
// version(): the version of the library as text.
#include "tinygrad/version.h"

#include "macros.h"

#define TINYGRAD_DOTTED(major, minor, patch) \
  TINYGRAD_STRINGIFY(major) "." TINYGRAD_STRINGIFY(minor) "." TINYGRAD_STRINGIFY(patch)

namespace tinygrad {

const char* version() {
  return TINYGRAD_DOTTED(TINYGRAD_VERSION_MAJOR, TINYGRAD_VERSION_MINOR, TINYGRAD_VERSION_PATCH);
}

}  // namespace tinygrad
