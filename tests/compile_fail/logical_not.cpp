// SPDX-License-Identifier: MIT
// ! of elements is a function: the compiler shows the line that names it.
#include "tinygrad/tinygrad.h"

// within 20 lines
int main() {
  const tinygrad::Tensor x = tinygrad::ones({2});
  tinygrad::logical_not(x > 0);
#ifdef WRONG
  !(x > 0);  // says: write logical_not(x), or x == false for bools
#endif
}
