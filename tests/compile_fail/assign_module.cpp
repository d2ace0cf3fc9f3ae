// SPDX-License-Identifier: MIT
// A module cannot be assigned, since its parent holds its registry.
#include "tinygrad/tinygrad.h"

int main() {
  tinygrad::nn::Linear a(2, 3);
#ifdef WRONG
  a = tinygrad::nn::Linear(2, 3);  // says: load_state_dict()
#endif
}
