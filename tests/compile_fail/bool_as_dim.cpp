// SPDX-License-Identifier: MIT
// sum(x, true) must not compile: it would mean dimension 1 and not keepdim.
#include "tinygrad/tinygrad.h"

int main() {
  auto x = tinygrad::ones({2, 3});
  auto y = tinygrad::sum(x, 1);
#ifdef WRONG
  auto z = tinygrad::sum(x, true);
#endif
}
