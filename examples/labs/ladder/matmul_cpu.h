// SPDX-License-Identifier: MIT
// The matrix product c = a b on the processor, rung by rung.
//
// a [m, k], b [k, n] and c [m, n] are float32 and row-major. m must be a multiple of 8 and n of 32:
// without borders the loops are shorter to read, and the library's handle any size.
#pragma once
#include <atomic>
#include <functional>

#include "labs/ladder/machine.h"

namespace ladder {

struct Sizes {
  int m, n, k;
};
using Product = void(Sizes, const float* a, const float* b, float* c);
Product naive, reordered, tiled, packed, vectorised, threaded;

/// How many threads `threaded` starts.
extern int threads;
/// The multiplications of all products so far.
extern std::atomic<long> multiplications;

// Of what the last three are made, and convolutions too:

/// A tile of c, whose sums stay in registers: `rows` x `columns`, of which run() adds `steps`
/// products to each element. a: `rows` elements for each step; b: `columns` elements; the rows of c
/// are n apart. If `first`, c is 0 before.
struct Tile {
  int rows, columns;
  void (*run)(int steps, const float* a, const float* b, float* c, int n, bool first);
};
const Tile& best_tile();

/// Copies a so that tiles of `rows` rows read it in order: [m / rows][k][rows].
std::vector<float> pack_a(Sizes s, const float* a, int rows);

/// Writes rows k ... k + steps of the columns j ... j + columns of b, row after row.
using PackB = std::function<void(int k, int steps, int j, int columns, float* to)>;
PackB pack_b(Sizes s, const float* b);

/// c = a b by tiles, for a packed a and any b that pack_b() can give, on so many threads.
void multiply(Sizes s, const std::vector<float>& a, const PackB& b, float* c, const Tile& tile,
              int threads = 1);

}  // namespace ladder
