// version(): the version of the library as text.
#include "tinygrad/version.h"

#define TINYGRAD_TEXT(number) #number
#define TINYGRAD_DOTTED(major, minor, patch) \
  TINYGRAD_TEXT(major) "." TINYGRAD_TEXT(minor) "." TINYGRAD_TEXT(patch)

namespace tinygrad {

const char* version() {
  return TINYGRAD_DOTTED(TINYGRAD_VERSION_MAJOR, TINYGRAD_VERSION_MINOR, TINYGRAD_VERSION_PATCH);
}

}  // namespace tinygrad
