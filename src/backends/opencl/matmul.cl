// Products of matrices, batched: c [M, N] = a [M, K] b [K, N], any strides. A work-group of SIDE x SIDE items computes as large a tile of
// c from tiles of a and b in local memory.
#include "prelude.cl"

kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void tiles(IN(a), IN(b), OUT(c), const index_t M, const index_t N, const index_t K,
                                                                       const index_t a_row, const index_t a_column, const index_t b_row,
                                                                       const index_t b_column, const index_t c_row, const index_t c_column,
                                                                       const Walk3 batch) {
  local T left[SIDE][SIDE + 1], right[SIDE][SIDE + 1];
  const int x = get_local_id(0), y = get_local_id(1);
  const index_t column = get_global_id(0), row = get_global_id(1), matrix = get_global_id(2);
  OPEN(a);
  OPEN(b);
  OPEN(c);
  const index_t to = OFFSET(batch, 0, matrix), a_first = OFFSET(batch, 1, matrix), b_first = OFFSET(batch, 2, matrix);
  T sum = 0;
  for (index_t k = 0; k < K; k += SIDE) {
    left[y][x] = row < M && k + x < K ? LOAD(T, a, a_first + row * a_row + (k + x) * a_column) : 0;
    right[y][x] = k + y < K && column < N ? LOAD(T, b, b_first + (k + y) * b_row + column * b_column) : 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < SIDE; ++i) sum += left[y][i] * right[i][x];
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  if (row < M && column < N) STORE(T, c, to + row * c_row + column * c_column, sum);
}
