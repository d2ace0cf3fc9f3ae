// The body of a product's kernel in the gpu form: TILE x TILE numbers of M x N, each a sum over k <
// K, by a work-group of SIDE x SIDE items; each of them sums ITEM x ITEM. DEPTH steps of k at a
// time lie in local memory, so that each number is read from memory once a tile, neighbours by
// neighbouring items.
//
// The kernel around it has said what LEFT(i, k) and RIGHT(k, j) are, whether they are neighbours
// along k (LEFT_ALONG_K, RIGHT_ALONG_K), and what PUT(i, j, sum) does. Where they need to know more
// of the index along which they are neighbours, LEFT_AT(n) and RIGHT_AT(n) find it out beforehand.
#define TILE (SIDE * ITEM)
#define ITEMS (SIDE * SIDE)
#define DEPTH 16
#define NUMBERS CAT(T, ITEM)
#ifndef LEFT_AT
#define LEFT_AT(n)
#endif
#ifndef RIGHT_AT
#define RIGHT_AT(n)
#endif
/// For all pairs of fast < F and slow < S, shared out among the items: neighbours differ in `fast`.
#define SHARED_OUT(fast, F, slow, S, at, take)                             \
  for (int fast = item % F; fast < F; fast += ITEMS) {                     \
    at;                                                                    \
    for (int slow = item / F; slow < S; slow += (ITEMS + F - 1) / F) take; \
  }

local T left[DEPTH][TILE + 1];
local NUMBERS right[DEPTH][SIDE];
const int item_x = get_local_id(0), item_y = get_local_id(1), item = item_y * SIDE + item_x;
const index_t first_row = get_global_id(1) / SIDE * TILE,
              first_column = get_global_id(0) / SIDE * TILE;
NUMBERS sums[ITEM];
#pragma unroll
for (int i = 0; i < ITEM; ++i) sums[i] = 0;

for (index_t first_k = 0; first_k < K; first_k += DEPTH) {
#define TAKE_LEFT \
  left[k][i] = first_row + i < M && first_k + k < K ? LEFT(first_row + i, first_k + k) : 0
#define TAKE_RIGHT          \
  ((local T*)right[k])[j] = \
      first_k + k < K && first_column + j < N ? RIGHT(first_k + k, first_column + j) : 0
#if LEFT_ALONG_K
  SHARED_OUT(k, DEPTH, i, TILE, LEFT_AT(first_k + k), TAKE_LEFT)
#else
  SHARED_OUT(i, TILE, k, DEPTH, LEFT_AT(first_row + i), TAKE_LEFT)
#endif
#if RIGHT_ALONG_K
  SHARED_OUT(k, DEPTH, j, TILE, RIGHT_AT(first_k + k), TAKE_RIGHT)
#else
  SHARED_OUT(j, TILE, k, DEPTH, RIGHT_AT(first_column + j), TAKE_RIGHT)
#endif
  barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll 4
  for (int k = 0; k < DEPTH; ++k) {
    const NUMBERS numbers = right[k][item_x];
#pragma unroll
    for (int i = 0; i < ITEM; ++i) sums[i] += left[k][item_y * ITEM + i] * numbers;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
}

#pragma unroll
for (int i = 0; i < ITEM; ++i) {
  T numbers[ITEM];
  CAT(vstore, ITEM)(sums[i], 0, numbers);
  for (int j = 0; j < ITEM; ++j) {
    const index_t row = first_row + item_y * ITEM + i, column = first_column + item_x * ITEM + j;
    if (row < M && column < N) PUT(row, column, numbers[j])
  }
}
