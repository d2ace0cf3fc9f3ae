// SPDX-License-Identifier: MIT
// Batched matrix products: c [M, N] = a [M, K] b [K, N] (+ bias). Element (i, j) of a is at
// i a_row + j a_column, and likewise for b, bias and c.
// - tiles (gpu form): a work-group computes a tile of c from tiles of a and b in local memory
//   (tile.cl).
// - sub_group_tiles (gpu form, devices with sub-groups): a sub-group computes a tile of c from
//   registers alone.
// - blocks (cpu form): a work-item computes ROWS rows of VECTORS vectors of c, whose sums stay in
//   registers. Each step of k loads vectors of b and multiplies them by one element of each row of
//   a.
// - dots (both forms): c has few columns, and the summands of an element of c are contiguous in a
//   and b. Each sum is a line of rows.cl.
#ifdef KERNEL_dots
#include "rows.cl"
/// Columns of b are b_column apart. N is small, so that a row of a is still in the cache for its
/// last sum.
LINE_KERNEL void dots(IN(a), IN(b), IN(bias), OUT(c), const index_t N, const index_t a_row,
                      const index_t b_column, const index_t bias_row, const index_t bias_column,
                      const index_t c_row, const index_t c_column, LINES) {
  DECLARE_SCRATCH FIND_LINE const index_t i = line / N, j = line % N;
  OPEN(a);
  OPEN(b);
  OPEN(bias);
  OPEN(c);
  TOTAL(sum)
  FOR_EACH_BLOCK(k) {
    V part = 0;
    FOR_EACH_IN_BLOCK(k)
    part += load_vector(a, a_dtype, i * a_row + k, size - k, 0) *
            load_vector(b, b_dtype, j * b_column + k, size - k, 0);
    ADD_BLOCK(sum, part)
  }
  const T dot = LINE_SUM(sum);
  if (ITEM == 0)
    STORE(T, c, i * c_row + j * c_column,
          dot + (bias ? LOAD(T, bias, i * bias_row + j * bias_column) : 0));
}
#endif
#include "prelude.cl"

#ifdef KERNEL_tiles
kernel __attribute__((reqd_work_group_size(GROUP_SIDE, GROUP_SIDE, 1))) void tiles(
    IN(a), IN(b), IN(bias), OUT(c), const index_t M, const index_t N, const index_t K,
    const index_t a_row, const index_t a_column, const index_t b_row, const index_t b_column,
    const index_t bias_row, const index_t bias_column, const index_t c_row, const index_t c_column,
    const Layout3 batch) {
  const index_t matrix = get_global_id(2);
  OPEN(a);
  OPEN(b);
  OPEN(bias);
  OPEN(c);
  const index_t c_first = OFFSET(batch, 0, matrix), a_first = OFFSET(batch, 1, matrix),
                b_first = OFFSET(batch, 2, matrix);
#define LOAD_A(i, k) LOAD(T, a, a_first + (i)*a_row + (k)*a_column)
#define LOAD_B(k, j) LOAD(T, b, b_first + (k)*b_row + (j)*b_column)
#define STORE_C(i, j, sum)                        \
  STORE(T, c, c_first + (i)*c_row + (j)*c_column, \
        (sum) + (bias ? LOAD(T, bias, (i)*bias_row + (j)*bias_column) : 0));
#include "tile.cl"
}
#endif

#ifdef KERNEL_sub_group_tiles
#define LANES 16  // work-items of a sub-group
#define ROWS 8    // rows of a tile, which has 2 LANES columns
#ifdef EMULATED   // for tests on a device without sub-groups: a work-group of LANES items
#define LANE get_local_id(0)
#define LOAD_LANES(p) ((p)[LANE])
#define SUB_GROUP __attribute__((reqd_work_group_size(LANES, 1, 1)))
#define SUB_GROUP_SCRATCH local float scratch[LANES];
#define SHUFFLE(value, lane) shuffle_lanes(value, lane, scratch)
float shuffle_lanes(float value, int lane, local float* scratch) {
  barrier(CLK_LOCAL_MEM_FENCE);
  scratch[LANE] = value;
  barrier(CLK_LOCAL_MEM_FENCE);
  return scratch[lane];
}
#else  // cl_intel_subgroups, cl_intel_required_subgroup_size
#define LANE get_sub_group_local_id()
#define LOAD_LANES(p) as_float(intel_sub_group_block_read((global const uint*)(p)))
#define SUB_GROUP \
  __attribute__((reqd_work_group_size(LANES, 1, 1), intel_reqd_sub_group_size(LANES)))
#define SUB_GROUP_SCRATCH
#define SHUFFLE(value, lane) intel_sub_group_shuffle(value, lane)
#endif

/// For float32 with contiguous rows of a, b and c, N a multiple of 2 LANES and K a multiple of
/// LANES. Each lane computes two columns of the tile. Of a, the sub-group loads LANES steps of k at
/// a time, one step per lane; a shuffle broadcasts each step to all lanes.
kernel SUB_GROUP void sub_group_tiles(IN(a), IN(b), IN(bias), OUT(c), const index_t M,
                                      const index_t K, const index_t a_row, const index_t b_row,
                                      const index_t bias_row, const index_t bias_column,
                                      const index_t c_row, const Layout3 batch) {
  const index_t column = (get_global_id(0) - get_local_id(0)) * 2, row = get_global_id(1) * ROWS,
                matrix = get_global_id(2);
  SUB_GROUP_SCRATCH
  OPEN(a);
  OPEN(b);
  OPEN(bias);
  OPEN(c);
  global const float* left = CONST_AT(float, a) + OFFSET(batch, 1, matrix);
  global const float* right = CONST_AT(float, b) + OFFSET(batch, 2, matrix) + column;
  float2 sums[ROWS];
#pragma unroll
  for (int i = 0; i < ROWS; ++i) sums[i] = 0;
  for (index_t first = 0; first < K; first += LANES) {
    float of_a[ROWS];  // rows beyond the last one repeat it
#pragma unroll
    for (int i = 0; i < ROWS; ++i) of_a[i] = LOAD_LANES(left + min(row + i, M - 1) * a_row + first);
#pragma unroll
    for (int k = 0; k < LANES; ++k) {
      const float2 of_b = (float2)(LOAD_LANES(right + (first + k) * b_row),
                                   LOAD_LANES(right + (first + k) * b_row + LANES));
#pragma unroll
      for (int i = 0; i < ROWS; ++i) sums[i] += SHUFFLE(of_a[i], k) * of_b;
    }
  }
  const index_t own_column = column + LANE;
  global float* to = AT(float, c) + OFFSET(batch, 0, matrix) + own_column;
#define BIAS(i, j) (bias ? LOAD(float, bias, (i)*bias_row + (j)*bias_column) : 0)
  for (int i = 0; i < ROWS && row + i < M; ++i) {
    to[(row + i) * c_row] = sums[i].x + BIAS(row + i, own_column);
    to[(row + i) * c_row + LANES] = sums[i].y + BIAS(row + i, own_column + LANES);
  }
}
#endif

#ifdef KERNEL_blocks
#define COLUMNS (VECTORS * WIDTH)
/// Elements of a and b have the type T. b consists of panels of COLUMNS columns, b_panel apart,
/// whose rows are b_row apart. If b_panel is 0, b is not packed: its columns are contiguous, and
/// the last panel overlaps the one before it.
kernel void blocks(IN(a), IN(b), IN(bias), OUT(c), const index_t M, const index_t N,
                   const index_t K, const index_t a_row, const index_t a_column,
                   const index_t b_row, const index_t b_panel, const index_t bias_row,
                   const index_t bias_column, const index_t c_row, const index_t c_column,
                   const Layout3 batch) {
  const index_t row = get_global_id(0) * ROWS, panel = get_global_id(1), matrix = get_global_id(2),
                own = panel * COLUMNS;
  if (row >= M || own >= N) return;
  const index_t column = b_panel ? own : min(own, N - COLUMNS);
  OPEN(c);
  global const T* left = (global const T*)(a + a_start) + OFFSET(batch, 1, matrix);
  global const T* right = (global const T*)(b + b_start) + OFFSET(batch, 2, matrix) +
                          (b_panel ? panel * b_panel : column);
  index_t row_offset[ROWS];  // rows beyond the last one repeat it
#pragma unroll
  for (int i = 0; i < ROWS; ++i) row_offset[i] = min(row + i, M - 1) * a_row;

  VEC(T) sums[ROWS][VECTORS];
  OPEN(bias);
  T column_bias[COLUMNS];
  for (int j = 0; j < COLUMNS; ++j)
    column_bias[j] =
        bias && bias_row == 0 && column + j < N ? LOAD(T, bias, (column + j) * bias_column) : 0;
#pragma unroll
  for (int i = 0; i < ROWS; ++i) {
    const T row_bias = bias && bias_row != 0 ? LOAD(T, bias, min(row + i, M - 1) * bias_row) : 0;
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) sums[i][v] = VLOAD(column_bias + v * WIDTH) + row_bias;
  }

  for (index_t k = 0; k < K; ++k, left += a_column, right += b_row) {
    VEC(T) of_b[VECTORS];
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) of_b[v] = VLOAD(right + v * WIDTH);
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
      const T value = left[row_offset[i]];
#pragma unroll
      for (int v = 0; v < VECTORS; ++v) sums[i][v] += value * of_b[v];
    }
  }

  const index_t to = OFFSET(batch, 0, matrix) + row * c_row + column * c_column;
  // The columns to store: not those that belong to the panel before, or that lie beyond N.
  const int first = own - column, last = min((index_t)COLUMNS, N - column);
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
#include "pack_panels.cl"
#define STEPS 64
/// packed [matrix][panel][K][COLUMNS] = b [matrix][K, N], with zeros after the last column.
/// Work-items: blocks of STEPS steps of k; panels; matrices.
kernel void pack(IN(b), global T* packed, const index_t N, const index_t K, const index_t b_row,
                 const index_t b_column, const Layout1 batch) {
  const index_t k = get_global_id(0) * STEPS, panel = get_global_id(1), matrix = get_global_id(2),
                panels = (N + COLUMNS - 1) / COLUMNS;
  if (k >= K || panel >= panels) return;
  OPEN(b);
  const int depth = min((index_t)STEPS, K - k),
            columns = min((index_t)COLUMNS, N - panel * COLUMNS);
  const index_t from = OFFSET(batch, 0, matrix) + k * b_row + panel * COLUMNS * b_column;
  pack_panel(b, b_dtype, from, b_row, b_column, depth, columns,
             packed + ((matrix * panels + panel) * K + k) * COLUMNS);
}
#endif
