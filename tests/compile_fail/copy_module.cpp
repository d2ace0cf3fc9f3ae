// SPDX-License-Identifier: MIT
// A module can be moved but not copied: two modules would share the same parameters.
#include "tinygrad/tinygrad.h"

int main() {
  tinygrad::nn::Linear a(2, 3);
  auto moved = std::move(a);
#ifdef WRONG
  auto copied = moved;  // says: a copy would share the parameters
#endif
}
