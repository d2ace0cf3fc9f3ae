// A square of numbers, WIDTH vectors of WIDTH, transposed in registers.
#include "prelude.cl"

/// Rows become columns: in each stage, the lanes of row i and of row i + WIDTH / 2 are put in turn.
INLINE void transpose_block(VEC(T) * rows) {
#pragma unroll
  for (int stage = 1; stage < WIDTH; stage *= 2) {
    VEC(T) next[WIDTH];
#pragma unroll
    for (int i = 0; i < WIDTH / 2; ++i) {
      next[2 * i].even = rows[i].lo;
      next[2 * i].odd = rows[i + WIDTH / 2].lo;
      next[2 * i + 1].even = rows[i].hi;
      next[2 * i + 1].odd = rows[i + WIDTH / 2].hi;
    }
#pragma unroll
    for (int i = 0; i < WIDTH; ++i) rows[i] = next[i];
  }
}
