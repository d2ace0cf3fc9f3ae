// SPDX-License-Identifier: MIT
// Packing of a matrix into panels, as in BLAS: COLUMNS columns of the matrix become a contiguous
// array whose rows are whole vectors, filled up with zeros.
#include "transpose_block.cl"

/// panel [depth][COLUMNS] = b [depth][columns] and zeros. Element (k, j) of b is at
/// first + k row_step + j column_step.
void pack_panel(global const uchar* b, const int b_dtype, const index_t first,
                const index_t row_step, const index_t column_step, const int depth,
                const int columns, global T* panel) {
  int j = 0;
  for (; j + WIDTH <= columns && (row_step == 1 || column_step == 1); j += WIDTH) {
    int k = 0;
    for (; row_step == 1 && k + WIDTH <= depth; k += WIDTH) {
      VEC(T) block[WIDTH];
#pragma unroll
      for (int i = 0; i < WIDTH; ++i) block[i] = LOADS(T, b, first + k + (j + i) * column_step);
      transpose_block(block);
#pragma unroll
      for (int i = 0; i < WIDTH; ++i) VSTORE(block[i], panel + (k + i) * COLUMNS + j);
    }
    for (; k < depth; ++k)
      if (column_step == 1) VSTORE(LOADS(T, b, first + k * row_step + j), panel + k * COLUMNS + j);
      else
        for (int i = j; i < j + WIDTH; ++i)
          panel[k * COLUMNS + i] = LOAD(T, b, first + k * row_step + i * column_step);
  }
  for (; j < COLUMNS; ++j)
    for (int k = 0; k < depth; ++k)
      panel[k * COLUMNS + j] = j < columns ? LOAD(T, b, first + k * row_step + j * column_step) : 0;
}
