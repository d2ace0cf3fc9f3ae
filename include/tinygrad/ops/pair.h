// SPDX-License-Identifier: MIT
// Pair: the sizes of a window, stride or padding in the two directions of an image.
#pragma once
#include "tinygrad/detail/export.h"

namespace tinygrad {

/// Padding with which the output has the size of the input if the stride is 1. If the padding of a
/// dimension is odd, the extra row or column is at the end. As 'same' in PyTorch.
struct Same {};
inline constexpr Same same{};
/// An int for both directions, a {y, x} pair, or `same` (for convolutions).
struct Pair {
  int y = 0, x = 0;
  bool is_same = false;
  constexpr Pair(int both) : y(both), x(both) {}
  constexpr Pair(int of_y, int of_x) : y(of_y), x(of_x) {}
  constexpr Pair(Same) : is_same(true) {}
};

}  // namespace tinygrad
