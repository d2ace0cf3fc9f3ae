// SPDX-License-Identifier: MIT
// A parameter cannot be assigned, only overwritten in place: an optimizer would still hold the old
// tensor.
#include "tinygrad/tinygrad.h"

struct Scale : tinygrad::nn::Module {
  tinygrad::nn::Parameter w = add("w", tinygrad::ones({3}));
  tinygrad::Tensor forward(const tinygrad::Tensor& x) override {
#ifdef WRONG
    w = w * 2;
#endif
    return x * w;
  }
};

int main() { Scale scale; }
