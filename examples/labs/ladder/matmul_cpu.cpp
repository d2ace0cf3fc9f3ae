// SPDX-License-Identifier: MIT
// The matrix product on the processor: six rungs, each with its idea. The compiler is told not to
// vectorise by itself (examples/CMakeLists.txt), so that a rung shows its own idea alone.
//
// In each rung an element of c is one sum over k in order. The first four round alike, and give the
// same bits; so do the last two, whose machine may fuse a product and a sum into one rounding.
#include "labs/ladder/matmul_cpu.h"

#include <algorithm>
#include <cstring>

namespace ladder {

int threads = 1;
std::atomic<long> multiplications = 0;

/// As in the definition: a row of a times a column of b. Neighbours in a column of b are a whole
/// row apart, so each step fetches another cache line, and uses one element of its 16.
void naive(Sizes s, const float* a, const float* b, float* c) {
  for (int i = 0; i < s.m; ++i)
    for (int j = 0; j < s.n; ++j) {
      float sum = 0;
      for (int k = 0; k < s.k; ++k) sum += a[i * s.k + k] * b[k * s.n + j];
      c[i * s.n + j] = sum;
    }
}

/// The same sums with the loops over j and k exchanged: the innermost loop runs along rows of b and
/// c, in the order of memory. The price: sums are no longer in a register.
void reordered(Sizes s, const float* a, const float* b, float* c) {
  std::fill(c, c + s.m * s.n, 0.f);
  for (int i = 0; i < s.m; ++i)
    for (int k = 0; k < s.k; ++k)
      for (int j = 0; j < s.n; ++j) c[i * s.n + j] += a[i * s.k + k] * b[k * s.n + j];
}

namespace {

/// Loops over a tile, unrolled: only then its sums are registers.
#define FOR_EACH_SUM(rows, columns)                      \
  _Pragma("GCC unroll 8") for (int i = 0; i < rows; ++i) \
      _Pragma("GCC unroll 4") for (int j = 0; j < columns; ++j)

/// A tile of 4 x 4 sums: 8 loads for 16 multiply-adds, where the rungs above load 2 or 3 values for
/// one. Steps of k are a_step and b_step elements apart, rows of a a_row.
inline void small_tile(int steps, const float* a, int a_row, int a_step, const float* b, int b_step,
                       float* c, int n, bool first) {
  float sums[4][4] = {};
  if (!first) FOR_EACH_SUM(4, 4) sums[i][j] = c[i * n + j];
  for (int k = 0; k < steps; ++k, a += a_step, b += b_step)
    FOR_EACH_SUM(4, 4) sums[i][j] += a[i * a_row] * b[j];
  FOR_EACH_SUM(4, 4) c[i * n + j] = sums[i][j];
}

}  // namespace

/// Each value that was loaded is used several times: c is computed in tiles of 4 x 4, whose sums
/// stay in registers.
void tiled(Sizes s, const float* a, const float* b, float* c) {
  for (int i = 0; i < s.m; i += 4)
    for (int j = 0; j < s.n; j += 4)
      small_tile(s.k, a + i * s.k, s.k, 1, b + j, s.n, c + i * s.n + j, s.n, true);
}

std::vector<float> pack_a(Sizes s, const float* a, int rows) {
  std::vector<float> to(std::size_t(s.m) * s.k);
  for (int i = 0; i < s.m; ++i)
    for (int k = 0; k < s.k; ++k) to[(i / rows * s.k + k) * rows + i % rows] = a[i * s.k + k];
  return to;
}

PackB pack_b(Sizes s, const float* b) {
  return [=](int k, int steps, int j, int columns, float* to) {
    for (int step = 0; step < steps; ++step)
      std::memcpy(to + step * columns, b + (k + step) * s.n + j, columns * sizeof(float));
  };
}

void multiply(Sizes s, const std::vector<float>& a, const PackB& b, float* c, const Tile& tile,
              int threads) {
  multiplications += long(s.m) * s.n * s.k;
  const int depth = 256;  // a panel of so many rows of b stays in the L1 cache for all rows of a
  parallel(threads, threads, [&](int thread) {
    std::vector<float> panel(depth * tile.columns);
    const int panels = s.n / tile.columns, begin = panels * thread / threads * tile.columns,
              end = panels * (thread + 1) / threads * tile.columns;
    for (int k = 0; k < s.k; k += depth)
      for (int j = begin; j < end; j += tile.columns) {
        const int steps = std::min(depth, s.k - k);
        b(k, steps, j, tile.columns, panel.data());
        for (int i = 0; i < s.m; i += tile.rows)
          tile.run(steps, &a[i * s.k + k * tile.rows], panel.data(), c + i * s.n + j, s.n, k == 0);
      }
  });
}

/// Both matrices are copied into the order in which tiles read them: every access goes to the next
/// address. The copy costs n² steps, the product n³.
void packed(Sizes s, const float* a, const float* b, float* c) {
  const Tile tile = {4, 4, [](int steps, const float* a, const float* b, float* c, int n, bool f) {
                       small_tile(steps, a, 1, 4, b, 4, c, n, f);
                     }};
  multiply(s, pack_a(s, a, tile.rows), pack_b(s, b), c, tile);
}

namespace {

/// A tile of rows x vectors registers of sums: one element of a times whole vectors of b.
template <int lanes, int rows, int vectors>
LADDER_INLINE void vector_tile(int steps, const float* a, const float* b, float* c, int n,
                               bool first) {
  typename VectorOf<lanes>::Type sums[rows][vectors] = {}, of_b[vectors];
  if (!first) FOR_EACH_SUM(rows, vectors) load(sums[i][j], c + i * n + j * lanes);
  for (int k = 0; k < steps; ++k, a += rows, b += vectors * lanes) {
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) load(of_b[j], b + j * lanes);
    FOR_EACH_SUM(rows, vectors) sums[i][j] += a[i] * of_b[j];
  }
  FOR_EACH_SUM(rows, vectors) store(sums[i][j], c + i * n + j * lanes);
}
FOR_EACH_MACHINE void tile_4x16(int steps, const float* a, const float* b, float* c, int n,
                                bool first) {
  vector_tile<8, 4, 2>(steps, a, b, c, n, first);
}
FOR_EACH_MACHINE void tile_8x32(int steps, const float* a, const float* b, float* c, int n,
                                bool first) {
  vector_tile<16, 8, 2>(steps, a, b, c, n, first);
}

}  // namespace

const Tile& best_tile() {
  static const Tile tile = has_wide_vectors() ? Tile{8, 32, tile_8x32} : Tile{4, 16, tile_4x16};
  return tile;
}

/// One instruction multiplies and adds 16 values, or 8: the sums of a tile are vectors. The tile
/// must be large enough to keep the multipliers busy, and small enough for the registers.
void vectorised(Sizes s, const float* a, const float* b, float* c) {
  const Tile& tile = best_tile();
  multiply(s, pack_a(s, a, tile.rows), pack_b(s, b), c, tile);
}

/// Each core computes some of the columns of c; no sum is shared, so nobody waits for another.
void threaded(Sizes s, const float* a, const float* b, float* c) {
  const Tile& tile = best_tile();
  multiply(s, pack_a(s, a, tile.rows), pack_b(s, b), c, tile, threads);
}

}  // namespace ladder
