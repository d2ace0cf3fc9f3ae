// How the operands of one call lie in memory, walked together: dimensions of size 1 dropped,
// neighbours that run on merged. Plain integers without a backend's types.
#pragma once
#include <cstdint>

namespace tinygrad {
#ifdef TINYGRAD_ISA  // in the CPU's kernels, whose objects share no symbols
namespace {
#else
inline namespace layout {
#endif

/// Where an operand's elements lie. Without strides: one number for all of them.
struct Extents {
  int rank = 0;
  const std::int64_t *shape = nullptr, *strides = nullptr;
};

/// The walk over up to four operands of one shape. A null operand has strides 0.
struct Layout {
  int rank = 0;
  std::int64_t count = 1, shape[8] = {}, strides[4][8] = {};
  std::int64_t inner() const { return shape[rank - 1]; }
  std::int64_t inner_stride(int k) const { return strides[k][rank - 1]; }
};

/// The dimension of size shape[d] goes to position `to`, the others move outwards.
inline void swap_dims(Layout& l, int operands, int a, int b) {
  const auto swap = [](std::int64_t& x, std::int64_t& y) {
    const std::int64_t t = x;
    x = y, y = t;
  };
  swap(l.shape[a], l.shape[b]);
  for (int k = 0; k < operands; ++k) swap(l.strides[k][a], l.strides[k][b]);
}
/// Orders dimensions by the strides of operand 0, the largest first: the walk follows memory. For
/// work without an order of its own.
inline void sort_by_strides(Layout& l, int operands) {
  const auto size = [&](int d) { return l.strides[0][d] < 0 ? -l.strides[0][d] : l.strides[0][d]; };
  for (int i = 1; i < l.rank; ++i)
    for (int d = i; d > 0 && size(d - 1) < size(d); --d) swap_dims(l, operands, d - 1, d);
}
/// Merges a dimension into the one outside it where every operand runs on.
inline void merge_dims(Layout& l, int operands) {
  int last = 0;
  for (int d = 1; d < l.rank; ++d) {
    bool runs_on = true;
    for (int k = 0; k < operands; ++k)
      runs_on = runs_on && l.strides[k][last] == l.strides[k][d] * l.shape[d];
    if (runs_on) l.shape[last] *= l.shape[d];
    else l.shape[++last] = l.shape[d];
    for (int k = 0; k < operands; ++k) l.strides[k][last] = l.strides[k][d];
  }
  l.rank = last + 1;
}
/// At least rank 1. Operand 0 gives the shape, and, where the order is free, the order.
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
