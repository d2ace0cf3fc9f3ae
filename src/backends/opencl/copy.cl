// SPDX-License-Identifier: MIT
// Transposed copies: x is contiguous along the rows of out, not along its columns. They go by
// blocks of SIDE x SIDE elements, so that each cache line is fetched once. Elements are moved as
// the bits of a word T.
#define SIDE 16
#define WIDTH SIDE
#include "transpose_block.cl"

#define SIZES                                                                              \
  const index_t rows, const index_t columns, const index_t out_step, const index_t x_step, \
      const Layout2 outer

#ifdef KERNEL_transpose_by_items
/// A work-item has a block; neighbouring work-items follow each other along x, whose cache lines
/// are then read in order.
kernel void transpose_by_items(OUT(out), IN(x), SIZES) {
  const index_t row = (index_t)get_global_id(0) * SIDE, column = (index_t)get_global_id(1) * SIDE,
                matrix = get_global_id(2);
  if (column >= columns || row >= rows) return;
  OPEN(out);
  OPEN(x);
  global T* to = AT(T, out) + OFFSET(outer, 0, matrix) + row * out_step + column;
  global const T* from = CONST_AT(T, x) + OFFSET(outer, 1, matrix) + column * x_step + row;
  const int height = min((index_t)SIDE, rows - row), width = min((index_t)SIDE, columns - column);
  if (height == SIDE && width == SIDE) {
    VEC(T) block[SIDE];
    for (int i = 0; i < SIDE; ++i) block[i] = VLOAD(from + i * x_step);
    transpose_block(block);
    for (int i = 0; i < SIDE; ++i) VSTORE(block[i], to + i * out_step);
  } else {
    for (int r = 0; r < height; ++r)
      for (int c = 0; c < width; ++c) to[r * out_step + c] = from[c * x_step + r];
  }
}
#endif

#ifdef KERNEL_transpose_by_groups
/// A work-group of SIDE x 4 work-items has a block, which goes through local memory; the additional
/// column avoids bank conflicts.
kernel __attribute__((reqd_work_group_size(SIDE, 4, 1))) void transpose_by_groups(OUT(out), IN(x),
                                                                                  SIZES) {
  local T block[SIDE][SIDE + 1];
  const int across = get_local_id(0), down = get_local_id(1);
  const index_t column = get_global_id(0) - across, row = (get_global_id(1) - down) * (SIDE / 4),
                matrix = get_global_id(2);
  OPEN(out);
  OPEN(x);
  global T* to = AT(T, out) + OFFSET(outer, 0, matrix);
  global const T* from = CONST_AT(T, x) + OFFSET(outer, 1, matrix);
  for (int i = down; i < SIDE; i += 4)
    if (column + i < columns && row + across < rows)
      block[i][across] = from[(column + i) * x_step + row + across];
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = down; i < SIDE; i += 4)
    if (row + i < rows && column + across < columns)
      to[(row + i) * out_step + column + across] = block[across][i];
}
#endif
