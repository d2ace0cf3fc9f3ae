// SPDX-License-Identifier: MIT
// Single, Pair and Triple: the sizes of a window, stride or padding in one, two and three
// dimensions.
#pragma once
#include "tinygrad/shape.h"

namespace tinygrad {

/// Padding with which the output has the size of the input if the stride is 1. If the padding of a
/// dimension is odd, the extra element is at the end. As 'same' in PyTorch.
struct Same {};
inline constexpr Same same{};
/// An int, or `same` (for convolutions).
struct Single {
  int x = 0;
  bool is_same = false;
  constexpr Single(int size) : x(size) {}
  constexpr Single(Same) : is_same(true) {}
  Dims dims() const { return {x}; }
};
/// An int for both directions, a {y, x} pair, or `same` (for convolutions).
struct Pair {
  int y = 0, x = 0;
  bool is_same = false;
  constexpr Pair(int both) : y(both), x(both) {}
  constexpr Pair(int of_y, int of_x) : y(of_y), x(of_x) {}
  constexpr Pair(Same) : is_same(true) {}
  Dims dims() const { return {y, x}; }
};
/// An int for the three directions, a {z, y, x} triple, or `same` (for convolutions).
struct Triple {
  int z = 0, y = 0, x = 0;
  bool is_same = false;
  constexpr Triple(int all) : z(all), y(all), x(all) {}
  constexpr Triple(int of_z, int of_y, int of_x) : z(of_z), y(of_y), x(of_x) {}
  constexpr Triple(Same) : is_same(true) {}
  Dims dims() const { return {z, y, x}; }
};

}  // namespace tinygrad
