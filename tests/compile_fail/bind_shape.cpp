// SPDX-License-Identifier: MIT
// The number of sizes must be known to bind them to names.
#include "tinygrad/tinygrad.h"

std::int64_t rows(const tinygrad::Tensor& x) {
#ifdef WRONG
  auto [a, b] = x.shape();  // says: write x.sizes<2>()
#endif
  auto [n, m] = x.sizes<2>();
  return n * m;
}
