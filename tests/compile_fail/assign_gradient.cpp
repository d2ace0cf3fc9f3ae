// SPDX-License-Identifier: MIT
// An assignment to the tensor that a function returned would change nothing.
#include "tinygrad/tinygrad.h"

int main() {
  tinygrad::Tensor x = tinygrad::ones({2});
  x[0] = tinygrad::tensor(3);
#ifdef WRONG
  x.grad() = tinygrad::ones({2});
#endif
}
