// SPDX-License-Identifier: MIT
// The transpose of a square block of WIDTH vectors of WIDTH elements in registers.
#include "prelude.cl"

/// Transposes the block in log2(WIDTH) stages; each stage interleaves the lanes of row i with those
/// of row i + WIDTH / 2.
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
