// SPDX-License-Identifier: MIT
// within 60 lines
// A vector of Module does not keep other modules: it would keep their parameters and lose their
// forward().
#include "tinygrad/tinygrad.h"

int main() {
  std::vector<tinygrad::nn::Linear> layers;
  layers.push_back(tinygrad::nn::Linear(2, 3));
#ifdef WRONG
  std::vector<tinygrad::nn::Module> modules;
  modules.push_back(
      tinygrad::nn::Linear(2, 3));  // says: a vector of Module would lose their forward()
#endif
}
