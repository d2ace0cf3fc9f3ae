// SPDX-License-Identifier: MIT
// Before C++23 x[0, 1] is x[1]; docs/guides/compiler-messages.md says to write x(0, 1).
// warns
#include "tinygrad/tinygrad.h"

tinygrad::Tensor element(const tinygrad::Tensor& x) {
#ifdef WRONG
  return x[0, 1];  // says: top-level comma expression in array subscript
#endif
  return x(0, 1);
}
