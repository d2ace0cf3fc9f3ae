// SPDX-License-Identifier: MIT
// GEMM on one thread: c = a b (+ bias), for matrices of any strides.
//
// c is computed in tiles of tile_rows x 2 vectors of sums that stay in registers: each step of the
// inner dimension loads two vectors of b and multiplies them by one element of each row of a.
// Before that, b is packed in panels two vectors wide, and a few rows of a at a time in a small
// block, so that tiles read memory in order. Each sum runs over the inner dimension in order, in
// blocks whose borders depend on its size alone: the way in which c is cut does not change its
// bits.
#pragma once
#include "backends/cpu/dense.h"
#include "backends/cpu/lanes.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// Element (i, j) is data[i row + j column].
template <class T> struct Matrix {
  T* data;
  std::int64_t row, column;
  T* at(std::int64_t i, std::int64_t j) const { return data + i * row + j * column; }
  Matrix from(std::int64_t i, std::int64_t j) const { return {at(i, j), row, column}; }
  Matrix transposed() const { return {data, column, row}; }
};

constexpr int tile_rows = registers == 32 ? 12 : 6;     // with two vectors of sums each
template <class T> constexpr int panel = 2 * lanes<T>;  // columns of a tile
constexpr std::int64_t block_depth =
    384;  // steps of the inner dimension: the rows of a tile in a stay in the L1 cache
constexpr std::int64_t a_row =
    block_depth + 16;  // the stride of packed rows of a: an odd number of cache lines, or all rows
                       // would fall into the same sets of the cache

/// The sums of a tile, in registers.
template <class T, int rows, int vectors> struct Sums {
  typename Vec<T>::Raw at[rows][vectors] = {};

  /// One step of the inner dimension: adds an element of each row of a times the vectors of b.
  /// row(i): the address of row i's element.
  template <class Row> TINYGRAD_INLINE void step(const Row& row, const T* const (&b)[vectors]) {
    typename Vec<T>::Raw right[vectors];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) std::memcpy(&right[v], b[v], width);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) at[i][v] += *row(i) * right[v];
  }
};

/// The part of c that a tile is written to: the first `columns` of its lanes. bias: of c's shape,
/// by strides of 0, or null. add: the tile is added to c.
template <class T> struct TileOut {
  Matrix<T> c;
  std::int64_t columns;
  Matrix<const T> bias;
  bool add;

  TINYGRAD_INLINE Vec<T> bias_at(std::int64_t i, std::int64_t j, std::int64_t n) const {
    if (!bias.data) return Vec<T>(0);
    return bias.column == 0 ? Vec<T>(*bias.at(i, j)) : load_masked(bias.at(i, j), n);
  }
};

/// Writes or adds the first n lanes of `sum`, `step` elements apart.
template <class T>
TINYGRAD_INLINE void write_lanes(Vec<T> sum, T* to, std::int64_t step, std::int64_t n, bool add) {
  if (step != 1) {
    for (std::int64_t j = 0; j < n; ++j)
      to[j * step] = add ? to[j * step] + sum[int(j)] : sum[int(j)];
  } else if (n == lanes<T>) {
    store(to, add ? load(to) + sum : sum);
  } else {
    store_masked(to, add ? load_masked(to, n) + sum : sum, n);
  }
}

/// One tile. a: packed rows, a_row elements apart; b: a panel, of which `vectors` vectors are used.
template <class T, int rows, int vectors>
void tile(std::int64_t depth, const T* a, const T* b, const TileOut<T>& out) {
  Sums<T, rows, vectors> sums;
  for (std::int64_t k = 0; k < depth; ++k, ++a, b += panel<T>) {
    const T* right[vectors];
    for (int v = 0; v < vectors; ++v) right[v] = b + v * lanes<T>;
    sums.step([a](int i) { return a + i * a_row; }, right);
  }
  if (out.columns == vectors * lanes<T> && out.c.column == 1 && !out.bias.data) {
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
      for (int v = 0; v < vectors; ++v)
        write_lanes(Vec<T>(sums.at[i][v]), out.c.at(i, v * lanes<T>), 1, lanes<T>, out.add);
    return;
  }
  const auto done = sums;  // in memory, so that the compiler does not unroll the loops below
  for (int v = 0; v < vectors; ++v) {
    const std::int64_t n = min<std::int64_t>(lanes<T>, out.columns - v * lanes<T>);
    for (int i = 0; i < rows; ++i)
      write_lanes(Vec<T>(done.at[i][v]) + out.bias_at(i, v * lanes<T>, n),
                  out.c.at(i, v * lanes<T>), out.c.column, n, out.add);
  }
}

template <class T>
using TileFunction = void (*)(std::int64_t, const T*, const T*, const TileOut<T>&);

/// The function for tiles of 1 ... tile_rows rows.
template <class T, int vectors, int rows = tile_rows> TileFunction<T> tile_of(std::int64_t n) {
  if constexpr (rows > 1) {
    if (n < rows) return tile_of<T, vectors, rows - 1>(n);
  }
  return tile<T, rows, vectors>;
}

/// Packs `depth` rows and `n` columns of b in panels: to[panel][row][column within the panel], the
/// last one padded with zeros.
template <class T> void pack_b(Matrix<const T> b, std::int64_t depth, std::int64_t n, T* to) {
  const std::int64_t whole = n / panel<T> * panel<T>, rest = n - whole;
  if (rest && depth) std::memset(to + whole * depth, 0, std::size_t(depth * panel<T>) * sizeof(T));
  if (b.row == 1) {
    for (std::int64_t j = 0; j < n; j += panel<T>)
      transpose(b.at(0, j), b.column, min<std::int64_t>(panel<T>, n - j), depth, to + j * depth,
                panel<T>);
    return;
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    T* row = to + k * panel<T>;
    if (b.column == 1) {
      for (std::int64_t j = 0; j < whole; j += panel<T>)
        std::memcpy(row + j * depth, b.at(k, j), panel<T> * sizeof(T));
      for (std::int64_t j = 0; j < rest; ++j) row[whole * depth + j] = *b.at(k, whole + j);
    } else {
      for (std::int64_t j = 0; j < n; ++j)
        row[j / panel<T> * panel<T> * depth + j % panel<T>] = *b.at(k, j);
    }
  }
}

/// Packs a few rows of a, a_row elements apart. (If it is inlined, g++ 12 warns about more rows
/// than there can be.)
template <class T>
__attribute__((noinline)) void pack_a(Matrix<const T> a, std::int64_t rows, std::int64_t depth,
                                      T* to) {
  if (depth == 0) return;  // a may be null
  if (a.row == 1 && a.column != 1) return transpose(a.data, a.column, depth, rows, to, a_row);
  for (std::int64_t i = 0; i < rows; ++i)
    if (a.column == 1) std::memcpy(to + i * a_row, a.at(i, 0), std::size_t(depth) * sizeof(T));
    else
      for (std::int64_t k = 0; k < depth; ++k) to[i * a_row + k] = *a.at(i, k);
}

/// c [m, n] = a [m, depth] b [depth, n] (+ bias, whose strides are 0 and 1) on the calling thread.
template <class T>
void multiply(std::int64_t m, std::int64_t n, std::int64_t depth, Matrix<const T> a,
              Matrix<const T> b, Matrix<const T> bias, Matrix<T> c) {
  alignas(64) T left[tile_rows * a_row];
  const std::int64_t block = even_piece(depth, block_depth), rows = even_piece(m, tile_rows);
  Scratch<T> right(block * round_up(n, panel<T>));
  std::int64_t k = 0;
  do {  // runs once even if depth is 0, to write zeros
    const std::int64_t steps = min(block, depth - k);
    const bool last = k + steps == depth;
    pack_b(b.from(k, 0), steps, n, (T*)right);
    for (std::int64_t i = 0; i < m; i += rows) {
      const std::int64_t count = min(rows, m - i);
      pack_a(a.from(i, k), count, steps, left);
      const auto two = tile_of<T, 2>(count), one = tile_of<T, 1>(count);
      for (std::int64_t j = 0; j < n; j += panel<T>) {
        const TileOut<T> out = {c.from(i, j), min<std::int64_t>(panel<T>, n - j),
                                bias.data && last ? bias.from(i, j) : Matrix<const T>{}, k > 0};
        (n - j > lanes<T> ? two : one)(steps, left, right + j * steps, out);
      }
    }
    k += steps;
  } while (k < depth);
}

}  // namespace
}  // namespace tinygrad::cpu::TINYGRAD_ISA
