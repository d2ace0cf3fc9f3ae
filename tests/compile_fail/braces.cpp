// SPDX-License-Identifier: MIT
// No constructor of Tensor takes braces, since they could mean a shape or values.
#include "tinygrad/tinygrad.h"

int main() {
  auto shape = tinygrad::zeros({2, 3});
  auto values = tinygrad::tensor({2., 3.});
#ifdef WRONG
  tinygrad::Tensor t({2, 3});
#endif
}
