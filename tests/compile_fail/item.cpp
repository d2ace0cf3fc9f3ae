// SPDX-License-Identifier: MIT
// item() needs a type.
#include "tinygrad/tinygrad.h"

float value(const tinygrad::Tensor& loss) {
#ifdef WRONG
  loss.item();  // says: item() needs the type of the value: item<float>()
#endif
  return loss.item<float>();
}
