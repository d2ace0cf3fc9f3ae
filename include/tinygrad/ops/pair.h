// Sizes in the two directions of an image.
#pragma once
#include "tinygrad/detail/export.h"

namespace tinygrad {

/// So much padding that, at stride 1, the output has the input's size; the odd row or column goes
/// to the end. As PyTorch's 'same'.
struct Same {};
inline constexpr Same same{};
/// An int for both directions, a {y, x} pair, or `same` (for convolutions).
struct Pair {
  int y = 0, x = 0;
  bool is_same = false;
  constexpr Pair(int both) : y(both), x(both) {}
  constexpr Pair(int y, int x) : y(y), x(x) {}
  constexpr Pair(Same) : is_same(true) {}
};

}  // namespace tinygrad
