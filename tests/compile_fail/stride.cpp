// SPDX-License-Identifier: MIT
// Options have names: the compiler shows the line that says how to write them.
#include "tinygrad/tinygrad.h"

namespace nn = tinygrad::nn;
int main() {
  nn::Conv2d conv(1, 8, 3, {.stride = 1, .padding = 1}), pair(1, 8, {3, 5}), plain(1, 8, 3, {});
  nn::MaxPool2d pool(2, {.stride = 2}), other({2, 3}, {});
#ifdef WRONG
  nn::Conv2d positional(1, 8, 3, 1, 1);  // says: write {.stride = s, .padding = p}
#endif
}
