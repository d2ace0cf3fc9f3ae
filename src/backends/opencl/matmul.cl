// Products of matrices, batched: c [M, N] = a [M, K] b [K, N] (+ bias). Element (i, j) of a is at i a_row + j a_column, and so on.
// - gpu form, tiles: a work-group makes a tile of c from tiles of a and b in local memory.
// - cpu form, blocks: a work-item makes ROWS x VECTORS vectors of c, whose sums stay in registers. Each step of k loads vectors of b, and
//   multiplies them by one number of each row of a.
#include "prelude.cl"

#ifdef KERNEL_tiles
kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void tiles(
    IN(a), IN(b), IN(bias), OUT(c), const index_t M, const index_t N, const index_t K, const index_t a_row, const index_t a_column,
    const index_t b_row, const index_t b_column, const index_t bias_row, const index_t bias_column, const index_t c_row,
    const index_t c_column, const Walk3 batch) {
  const index_t matrix = get_global_id(2);
  OPEN(a);
  OPEN(b);
  OPEN(bias);
  OPEN(c);
  const index_t c_first = OFFSET(batch, 0, matrix), a_first = OFFSET(batch, 1, matrix), b_first = OFFSET(batch, 2, matrix);
#define LEFT(i, k) LOAD(T, a, a_first + (i) * a_row + (k) * a_column)
#define RIGHT(k, j) LOAD(T, b, b_first + (k) * b_row + (j) * b_column)
#define PUT(i, j, sum) \
  STORE(T, c, c_first + (i) * c_row + (j) * c_column, (sum) + (bias ? LOAD(T, bias, (i) * bias_row + (j) * bias_column) : 0));
#include "tile.cl"
}
#endif

#ifdef KERNEL_blocks
#define COLUMNS (VECTORS * WIDTH)
/// a and b hold numbers of type T. b: `panels` of COLUMNS columns, b_panel apart, each with rows b_row apart; b_panel 0: b as it is, with
/// adjacent columns, of which the last panel takes some that another has too.
kernel void blocks(IN(a), IN(b), IN(bias), OUT(c), const index_t M, const index_t N, const index_t K, const index_t a_row,
                   const index_t a_column, const index_t b_row, const index_t b_panel, const index_t bias_row, const index_t bias_column,
                   const index_t c_row, const index_t c_column, const Walk3 batch) {
  const index_t row = get_global_id(0) * ROWS, panel = get_global_id(1), matrix = get_global_id(2), own = panel * COLUMNS;
  if (row >= M || own >= N) return;
  const index_t column = b_panel ? own : min(own, N - COLUMNS);
  OPEN(c);
  global const T* left = (global const T*)(a + a_start) + OFFSET(batch, 1, matrix);
  global const T* right = (global const T*)(b + b_start) + OFFSET(batch, 2, matrix) + (b_panel ? panel * b_panel : column);
  index_t at[ROWS];  // beyond the last row: that row again
#pragma unroll
  for (int i = 0; i < ROWS; ++i) at[i] = min(row + i, M - 1) * a_row;

  VEC(T) sums[ROWS][VECTORS];
  OPEN(bias);
  T of_columns[COLUMNS];
  for (int j = 0; j < COLUMNS; ++j) of_columns[j] = bias && bias_row == 0 && column + j < N ? LOAD(T, bias, (column + j) * bias_column) : 0;
#pragma unroll
  for (int i = 0; i < ROWS; ++i) {
    const T of_row = bias && bias_row != 0 ? LOAD(T, bias, min(row + i, M - 1) * bias_row) : 0;
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) sums[i][v] = VLOAD(of_columns + v * WIDTH) + of_row;
  }

  for (index_t k = 0; k < K; ++k, left += a_column, right += b_row) {
    VEC(T) numbers[VECTORS];
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) numbers[v] = VLOAD(right + v * WIDTH);
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
      const T number = left[at[i]];
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) sums[i][v] += number * numbers[v];
    }
  }

  const index_t to = OFFSET(batch, 0, matrix) + row * c_row + column * c_column;
  const int first = own - column, last = min((index_t)COLUMNS, N - column);  // of the columns, those to write
  if (c_column == 1 && first == 0 && last == COLUMNS && row + ROWS <= M) {
#pragma unroll
    for (int i = 0; i < ROWS; ++i)
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) STORES(T, c, to + i * c_row + v * WIDTH, sums[i][v]);
    return;
  }
  T results[ROWS][COLUMNS];
#pragma unroll
  for (int i = 0; i < ROWS; ++i)
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) VSTORE(sums[i][v], results[i] + v * WIDTH);
  for (int i = 0; i < ROWS && row + i < M; ++i)
    for (int j = first; j < last; ++j) STORE(T, c, to + i * c_row + j * c_column, results[i][j]);
}
#endif

#ifdef KERNEL_pack
#include "pack.cl"
#define STEPS 64
/// to [matrix][panel][K][COLUMNS] = b [matrix][K, N], with zeros after the last column. Items: STEPS of k; panels; matrices.
kernel void pack(IN(b), global T* to, const index_t N, const index_t K, const index_t b_row, const index_t b_column, const Walk1 batch) {
  const index_t k = get_global_id(0) * STEPS, panel = get_global_id(1), matrix = get_global_id(2), panels = (N + COLUMNS - 1) / COLUMNS;
  if (k >= K || panel >= panels) return;
  OPEN(b);
  const int depth = min((index_t)STEPS, K - k), columns = min((index_t)COLUMNS, N - panel * COLUMNS);
  const index_t from = OFFSET(batch, 0, matrix) + k * b_row + panel * COLUMNS * b_column;
  take_columns(b, b_dtype, from, b_row, b_column, depth, columns, to + ((matrix * panels + panel) * K + k) * COLUMNS);
}
#endif
