// Columns of a matrix, taken out to lie side by side: COLUMNS of them, filled up with zeros, so
// that each row is some vectors.
#include "transpose_block.cl"

/// to [depth][COLUMNS] = b [depth][columns], whose element (k, j) is number from + k row + j
/// column, and zeros.
void take_columns(global const uchar* b, const int b_dtype, const index_t from, const index_t row,
                  const index_t column, const int depth, const int columns, global T* to) {
  int j = 0;
  for (; j + WIDTH <= columns && (row == 1 || column == 1); j += WIDTH) {
    int k = 0;
    for (; row == 1 && k + WIDTH <= depth; k += WIDTH) {
      VEC(T) numbers[WIDTH];
#pragma unroll
      for (int i = 0; i < WIDTH; ++i) numbers[i] = LOADS(T, b, from + k + (j + i) * column);
      transpose_block(numbers);
#pragma unroll
      for (int i = 0; i < WIDTH; ++i) VSTORE(numbers[i], to + (k + i) * COLUMNS + j);
    }
    for (; k < depth; ++k)
      if (column == 1) VSTORE(LOADS(T, b, from + k * row + j), to + k * COLUMNS + j);
      else
        for (int i = j; i < j + WIDTH; ++i)
          to[k * COLUMNS + i] = LOAD(T, b, from + k * row + i * column);
  }
  for (; j < COLUMNS; ++j)
    for (int k = 0; k < depth; ++k)
      to[k * COLUMNS + j] = j < columns ? LOAD(T, b, from + k * row + j * column) : 0;
}
