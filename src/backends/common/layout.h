// SPDX-License-Identifier: MIT
// Computes the loop nest over the operands of one call: dimensions of size 1 are dropped, and
// neighbouring dimensions that are contiguous in all operands are merged. Plain integers, without a
// backend's types.
#pragma once
#include <cstdint>

namespace tinygrad {
#ifdef TINYGRAD_ISA  // in the CPU's kernels, whose objects share no symbols
namespace {
#else
inline namespace layout {
#endif

/// The most operands of a call: out and four inputs (dy, a, b, c).
constexpr int max_operands = 5;

/// The shape and strides of an operand. Null strides: one scalar for all elements.
struct Extents {
  int rank = 0;
  const std::int64_t *shape = nullptr, *strides = nullptr;
};

/// The shape of a loop nest, and the strides of each operand in it (0 for a scalar).
struct Layout {
  int rank = 0;
  std::int64_t count = 1, shape[8] = {}, strides[max_operands][8] = {};
  std::int64_t inner() const { return shape[rank - 1]; }
  std::int64_t inner_stride(int k) const { return strides[k][rank - 1]; }
};

/// Exchanges dimensions a and b.
inline void swap_dims(Layout& l, int operands, int a, int b) {
  const auto swap = [](std::int64_t& x, std::int64_t& y) {
    const std::int64_t t = x;
    x = y, y = t;
  };
  swap(l.shape[a], l.shape[b]);
  for (int k = 0; k < operands; ++k) swap(l.strides[k][a], l.strides[k][b]);
}
/// Orders dimensions by the strides of operand 0, the largest first, so that iteration follows
/// memory. For computations whose results do not depend on the order of elements.
inline void sort_by_strides(Layout& l, int operands) {
  const auto size = [&](int d) { return l.strides[0][d] < 0 ? -l.strides[0][d] : l.strides[0][d]; };
  for (int i = 1; i < l.rank; ++i)
    for (int d = i; d > 0 && size(d - 1) < size(d); --d) swap_dims(l, operands, d - 1, d);
}
/// Merges each dimension into the next outer one if every operand is contiguous across the two.
inline void merge_dims(Layout& l, int operands) {
  int last = 0;
  for (int d = 1; d < l.rank; ++d) {
    bool contiguous = true;
    for (int k = 0; k < operands; ++k)
      contiguous = contiguous && l.strides[k][last] == l.strides[k][d] * l.shape[d];
    if (contiguous) l.shape[last] *= l.shape[d];
    else l.shape[++last] = l.shape[d];
    for (int k = 0; k < operands; ++k) l.strides[k][last] = l.strides[k][d];
  }
  l.rank = last + 1;
}
/// The layout of `operands` operands, of rank 1 or higher. Operand 0 gives the shape, and the order
/// of the dimensions if the order is free.
inline Layout make_layout(const Extents* extents, int operands, bool order_is_free) {
  Layout l;
  for (int d = 0; d < extents[0].rank; ++d) {
    if (extents[0].shape[d] == 1) continue;
    l.shape[l.rank] = extents[0].shape[d];
    for (int k = 0; k < operands; ++k)
      l.strides[k][l.rank] = extents[k].strides ? extents[k].strides[d] : 0;
    l.count *= l.shape[l.rank++];
  }
  if (l.rank == 0) {
    l.shape[l.rank++] = 1;
    for (int k = 0; k < operands; ++k) l.strides[k][0] = 1;
  }
  if (l.rank == 1 || l.count == 0) return l;
  if (order_is_free) sort_by_strides(l, operands);
  merge_dims(l, operands);
  return l;
}
}
}  // namespace tinygrad
