// SPDX-License-Identifier: MIT
// A scalar does not convert to a tensor; full() creates one.
#include "tinygrad/tinygrad.h"

int main() {
  tinygrad::Tensor x = tinygrad::full({}, 2);
#ifdef WRONG
  tinygrad::Tensor y = 2;
#endif
}
