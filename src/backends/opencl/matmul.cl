// Products of matrices, batched: c [M, N] = a [M, K] b [K, N] (+ bias). Element (i, j) of a is at i
// a_row + j a_column, and so on.
// - gpu form, tiles: a work-group makes a tile of c from tiles of a and b in local memory.
// - cpu form, blocks: a work-item makes ROWS x VECTORS vectors of c, whose sums stay in registers.
// Each step of k loads vectors of b, and
//   multiplies them by one number of each row of a.
// - gpu form where there are sub-groups, sub_group_tiles: a sub-group makes a tile of c from
// registers alone.
// - both forms, dots: c has few columns, and the numbers of a sum lie side by side in a and b. A
// sum is a line (rows.cl).
#ifdef KERNEL_dots
#include "rows.cl"
/// b_column: from one column of b to the next. N is small, so that a row of a is still at hand for
/// its last sum.
LINE_KERNEL void dots(IN(a), IN(b), IN(bias), OUT(c), const index_t N, const index_t a_row,
                      const index_t b_column, const index_t bias_row, const index_t bias_column,
                      const index_t c_row, const index_t c_column, LINES) {
  ROOM FIND_LINE const index_t i = line / N, j = line % N;
  OPEN(a);
  OPEN(b);
  OPEN(bias);
  OPEN(c);
  V total = 0;
  EACH_BLOCK(k) {
    V sum = 0;
    EACH_OF_BLOCK(k)
    sum += take(a, a_dtype, i * a_row + k, size - k, 0) *
           take(b, b_dtype, j * b_column + k, size - k, 0);
    total += sum;
  }
  const T dot = LINE_SUM(total);
  if (ITEM == 0)
    STORE(T, c, i * c_row + j * c_column,
          dot + (bias ? LOAD(T, bias, i * bias_row + j * bias_column) : 0));
}
#endif
#include "prelude.cl"

#ifdef KERNEL_tiles
kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void tiles(
    IN(a), IN(b), IN(bias), OUT(c), const index_t M, const index_t N, const index_t K,
    const index_t a_row, const index_t a_column, const index_t b_row, const index_t b_column,
    const index_t bias_row, const index_t bias_column, const index_t c_row, const index_t c_column,
    const Walk3 batch) {
  const index_t matrix = get_global_id(2);
  OPEN(a);
  OPEN(b);
  OPEN(bias);
  OPEN(c);
  const index_t c_first = OFFSET(batch, 0, matrix), a_first = OFFSET(batch, 1, matrix),
                b_first = OFFSET(batch, 2, matrix);
#define LEFT(i, k) LOAD(T, a, a_first + (i)*a_row + (k)*a_column)
#define RIGHT(k, j) LOAD(T, b, b_first + (k)*b_row + (j)*b_column)
#define PUT(i, j, sum)                            \
  STORE(T, c, c_first + (i)*c_row + (j)*c_column, \
        (sum) + (bias ? LOAD(T, bias, (i)*bias_row + (j)*bias_column) : 0));
#include "tile.cl"
}
#endif

#ifdef KERNEL_sub_group_tiles
#define LANES 16  // of a sub-group
#define ROWS 8    // of a tile, which has 2 LANES columns
#ifdef EMULATED  // a work-group of LANES items stands for a sub-group, where a device has none: for
                 // tests
#define LANE get_local_id(0)
#define NUMBERS_AT(p) ((p)[LANE])
#define SUB_GROUP __attribute__((reqd_work_group_size(LANES, 1, 1)))
#define SUB_GROUP_ROOM local float room[LANES];
#define FROM_LANE(number, lane) from_lane(number, lane, room)
float from_lane(float number, int lane, local float* room) {
  barrier(CLK_LOCAL_MEM_FENCE);
  room[LANE] = number;
  barrier(CLK_LOCAL_MEM_FENCE);
  return room[lane];
}
#else  // cl_intel_subgroups, cl_intel_required_subgroup_size
#define LANE get_sub_group_local_id()
#define NUMBERS_AT(p) as_float(intel_sub_group_block_read((global const uint*)(p)))
#define SUB_GROUP \
  __attribute__((reqd_work_group_size(LANES, 1, 1), intel_reqd_sub_group_size(LANES)))
#define SUB_GROUP_ROOM
#define FROM_LANE(number, lane) intel_sub_group_shuffle(number, lane)
#endif

/// float32, rows of a, b and c contiguous, N a multiple of 2 LANES and K of LANES. Each lane has
/// two columns of the tile. A block of a is LANES steps of k, a step a lane, which the others ask
/// for when its turn comes.
kernel SUB_GROUP void sub_group_tiles(IN(a), IN(b), IN(bias), OUT(c), const index_t M,
                                      const index_t K, const index_t a_row, const index_t b_row,
                                      const index_t bias_row, const index_t bias_column,
                                      const index_t c_row, const Walk3 batch) {
  const index_t column = (get_global_id(0) - get_local_id(0)) * 2, row = get_global_id(1) * ROWS,
                matrix = get_global_id(2);
  SUB_GROUP_ROOM
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
    float numbers[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; ++i)
      numbers[i] = NUMBERS_AT(left + min(row + i, M - 1) * a_row +
                              first);  // beyond the last row: that row again
#pragma unroll
    for (int k = 0; k < LANES; ++k) {
      const float2 of_b = (float2)(NUMBERS_AT(right + (first + k) * b_row),
                                   NUMBERS_AT(right + (first + k) * b_row + LANES));
#pragma unroll
      for (int i = 0; i < ROWS; ++i) sums[i] += FROM_LANE(numbers[i], k) * of_b;
    }
  }
  const index_t place = column + LANE;
  global float* to = AT(float, c) + OFFSET(batch, 0, matrix) + place;
#define BIAS(i, j) (bias ? LOAD(float, bias, (i)*bias_row + (j)*bias_column) : 0)
  for (int i = 0; i < ROWS && row + i < M; ++i) {
    to[(row + i) * c_row] = sums[i].x + BIAS(row + i, place);
    to[(row + i) * c_row + LANES] = sums[i].y + BIAS(row + i, place + LANES);
  }
}
#endif

#ifdef KERNEL_blocks
#define COLUMNS (VECTORS * WIDTH)
/// a and b hold numbers of type T. b: `panels` of COLUMNS columns, b_panel apart, each with rows
/// b_row apart; b_panel 0: b as it is, with adjacent columns, of which the last panel takes some
/// that another has too.
kernel void blocks(IN(a), IN(b), IN(bias), OUT(c), const index_t M, const index_t N,
                   const index_t K, const index_t a_row, const index_t a_column,
                   const index_t b_row, const index_t b_panel, const index_t bias_row,
                   const index_t bias_column, const index_t c_row, const index_t c_column,
                   const Walk3 batch) {
  const index_t row = get_global_id(0) * ROWS, panel = get_global_id(1), matrix = get_global_id(2),
                own = panel * COLUMNS;
  if (row >= M || own >= N) return;
  const index_t column = b_panel ? own : min(own, N - COLUMNS);
  OPEN(c);
  global const T* left = (global const T*)(a + a_start) + OFFSET(batch, 1, matrix);
  global const T* right = (global const T*)(b + b_start) + OFFSET(batch, 2, matrix) +
                          (b_panel ? panel * b_panel : column);
  index_t at[ROWS];  // beyond the last row: that row again
#pragma unroll
  for (int i = 0; i < ROWS; ++i) at[i] = min(row + i, M - 1) * a_row;

  VEC(T) sums[ROWS][VECTORS];
  OPEN(bias);
  T of_columns[COLUMNS];
  for (int j = 0; j < COLUMNS; ++j)
    of_columns[j] =
        bias && bias_row == 0 && column + j < N ? LOAD(T, bias, (column + j) * bias_column) : 0;
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
  const int first = own - column,
            last = min((index_t)COLUMNS, N - column);  // of the columns, those to write
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
/// to [matrix][panel][K][COLUMNS] = b [matrix][K, N], with zeros after the last column. Items:
/// STEPS of k; panels; matrices.
kernel void pack(IN(b), global T* to, const index_t N, const index_t K, const index_t b_row,
                 const index_t b_column, const Walk1 batch) {
  const index_t k = get_global_id(0) * STEPS, panel = get_global_id(1), matrix = get_global_id(2),
                panels = (N + COLUMNS - 1) / COLUMNS;
  if (k >= K || panel >= panels) return;
  OPEN(b);
  const int depth = min((index_t)STEPS, K - k),
            columns = min((index_t)COLUMNS, N - panel * COLUMNS);
  const index_t from = OFFSET(batch, 0, matrix) + k * b_row + panel * COLUMNS * b_column;
  take_columns(b, b_dtype, from, b_row, b_column, depth, columns,
               to + ((matrix * panels + panel) * K + k) * COLUMNS);
}
#endif
