// SPDX-License-Identifier: MIT
// && and || of elements are functions: the compiler shows the line that names them.
#include "tinygrad/tinygrad.h"

// within 20 lines
int main() {
  const tinygrad::Tensor x = tinygrad::ones({2});
  tinygrad::logical_and(x > 0, x < 2);
#ifdef WRONG
  (x > 0) && (x < 2);  // says: write logical_and(a, b), or a & b for bools
#endif
}
