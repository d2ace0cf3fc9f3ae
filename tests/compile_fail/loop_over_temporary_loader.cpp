// SPDX-License-Identifier: MIT
// A loop over a temporary loader must not compile: the loader would be destroyed before the loop
// begins.
#include "tinygrad/tinygrad.h"

void loop(const tinygrad::data::Dataset& data) {
  tinygrad::data::DataLoader loader(data);
  for (auto [x, y] : loader.skip(1)) (void)x, (void)y;
#ifdef WRONG
  for (auto [x, y] : tinygrad::data::DataLoader(data).skip(1)) (void)x, (void)y;
#endif
}
