// SPDX-License-Identifier: MIT
// The random generator of each thread.
#include "tinygrad/random.h"

namespace tinygrad {

Generator& generator() {
  thread_local Generator own;
  return own;
}

void manual_seed(std::uint64_t seed) { generator() = {seed, 0}; }

}  // namespace tinygrad
