// SPDX-License-Identifier: MIT
// The body of a matrix product's kernel in the gpu form: a work-group of GROUP_SIDE x GROUP_SIDE
// items computes a tile of TILE x TILE elements of C [M, N], each a sum over k < K. Each item
// computes a thread tile of THREAD_TILE x THREAD_TILE elements in registers. The work-group loads
// TILE_K steps of k of both operands at a time into local memory, so that each element is read from
// global memory once per tile, and adjacent elements are read by adjacent items.
//
// The including kernel defines how the operands are loaded, LOAD_A(i, k) and LOAD_B(k, j), whether
// their adjacent elements in memory are adjacent along k (A_ALONG_K, B_ALONG_K), and how a result
// is stored, STORE_C(i, j, sum). If the loads need values that depend only on the index along which
// adjacent elements lie, PREPARE_A(n) and PREPARE_B(n) declare them.
#define TILE (GROUP_SIDE * THREAD_TILE)
#define GROUP_ITEMS (GROUP_SIDE * GROUP_SIDE)
#define TILE_K 16
#define ROW_VECTOR CAT(T, THREAD_TILE)
#ifndef PREPARE_A
#define PREPARE_A(n)
#endif
#ifndef PREPARE_B
#define PREPARE_B(n)
#endif
/// Runs `load` for all fast < F and slow < S, distributed among the items of the work-group so that
/// adjacent items differ in `fast`.
#define FOR_EACH_OF_TILE(fast, F, slow, S, prepare, load)                        \
  for (int fast = item % F; fast < F; fast += GROUP_ITEMS) {                     \
    prepare;                                                                     \
    for (int slow = item / F; slow < S; slow += (GROUP_ITEMS + F - 1) / F) load; \
  }

local T tile_a[TILE_K][TILE + 1];
local ROW_VECTOR tile_b[TILE_K][GROUP_SIDE];
const int item_x = get_local_id(0), item_y = get_local_id(1), item = item_y * GROUP_SIDE + item_x;
const index_t first_row = get_global_id(1) / GROUP_SIDE * TILE,
              first_column = get_global_id(0) / GROUP_SIDE * TILE;
ROW_VECTOR sums[THREAD_TILE];
#pragma unroll
for (int i = 0; i < THREAD_TILE; ++i) sums[i] = 0;

for (index_t first_k = 0; first_k < K; first_k += TILE_K) {
#define LOAD_TILE_A \
  tile_a[k][i] = first_row + i < M && first_k + k < K ? LOAD_A(first_row + i, first_k + k) : 0
#define LOAD_TILE_B          \
  ((local T*)tile_b[k])[j] = \
      first_k + k < K && first_column + j < N ? LOAD_B(first_k + k, first_column + j) : 0
#if A_ALONG_K
  FOR_EACH_OF_TILE(k, TILE_K, i, TILE, PREPARE_A(first_k + k), LOAD_TILE_A)
#else
  FOR_EACH_OF_TILE(i, TILE, k, TILE_K, PREPARE_A(first_row + i), LOAD_TILE_A)
#endif
#if B_ALONG_K
  FOR_EACH_OF_TILE(k, TILE_K, j, TILE, PREPARE_B(first_k + k), LOAD_TILE_B)
#else
  FOR_EACH_OF_TILE(j, TILE, k, TILE_K, PREPARE_B(first_column + j), LOAD_TILE_B)
#endif
  barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll 4
  for (int k = 0; k < TILE_K; ++k) {
    const ROW_VECTOR row_b = tile_b[k][item_x];
#pragma unroll
    for (int i = 0; i < THREAD_TILE; ++i) sums[i] += tile_a[k][item_y * THREAD_TILE + i] * row_b;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
}

#pragma unroll
for (int i = 0; i < THREAD_TILE; ++i) {
  T row_sums[THREAD_TILE];
  CAT(vstore, THREAD_TILE)(sums[i], 0, row_sums);
  for (int j = 0; j < THREAD_TILE; ++j) {
    const index_t row = first_row + item_y * THREAD_TILE + i,
                  column = first_column + item_x * THREAD_TILE + j;
    if (row < M && column < N) STORE_C(row, column, row_sums[j])
  }
}
