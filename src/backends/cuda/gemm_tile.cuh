// SPDX-License-Identifier: MIT
// The tiled matrix product C = A B in device code. A block of threads computes a tile of
// tile_m x tile_n elements of C, each a sum over k, of which tile_k steps at a time lie in shared
// memory; each thread accumulates thread_tile x thread_tile elements in registers. An element of A
// or B is read from memory once per tile, so a block reads tile_m + tile_n elements for
// 2 tile_m tile_n operations of each k: with 128 x 128 float32, one byte for 32 operations. Shared
// memory is double-buffered: while the block multiplies one stage, it reads the next.
//
// A and B are given by two operand types, A by its rows and B by its columns:
//   Outer outer(i)          what depends on row (or column) i alone, computed once per thread;
//   Inner inner(k)          what depends on k alone, computed once for all rows of a thread;
//   T value(outer, inner)   the element there, 0 outside the matrix.
// `k_major`: neighbours in memory are neighbours along k, and so neighbouring threads take
// neighbouring k.
#pragma once
#include "backends/cuda/device.cuh"

namespace tinygrad::cuda {

/// The type in which products are summed up. Integers wrap.
template <class S>
using Accumulator = std::conditional_t<std::is_integral_v<S>, std::uint64_t, computed<S>>;

template <class T_, int m, int n, int thread_tile_> struct Tile {
  using T = T_;
  static constexpr int tile_m = m, tile_n = n, tile_k = 8, thread_tile = thread_tile_,
                       threads = (m / thread_tile) * (n / thread_tile);
};
/// For large matrices.
template <class S>
using LargeTile = std::conditional_t<sizeof(Accumulator<S>) == 8, Tile<Accumulator<S>, 64, 64, 4>,
                                     Tile<Accumulator<S>, 128, 128, 8>>;
/// For an A of few rows.
template <class S> using FlatTile = Tile<Accumulator<S>, 32, 128, 4>;

/// A thread's share of the loads of one operand: `count` elements of each stage. `size`: rows (or
/// columns) of the operand's tile.
template <class Tile, int size, class Operand> struct TileLoader {
  using T = typename Tile::T;
  static constexpr int tile_k = Tile::tile_k, count = size * tile_k / Tile::threads,
                       outers = Operand::k_major ? count : 1;
  static_assert(Tile::threads % size == 0 && Tile::threads % tile_k == 0 && count > 0);

  __device__ TileLoader(const Operand& operand, std::int64_t first_outer) : operand(operand) {
#pragma unroll
    for (int r = 0; r < outers; ++r) outer[r] = operand.outer(first_outer + outer_of(r));
  }
  /// The row (or column) and the k of this thread's element r, in the tile.
  __device__ static int outer_of(int r) {
    return Operand::k_major ? int(threadIdx.x) / tile_k + r * (Tile::threads / tile_k)
                            : int(threadIdx.x) % size;
  }
  __device__ static int k_of(int r) {
    return Operand::k_major ? int(threadIdx.x) % tile_k
                            : int(threadIdx.x) / size + r * (Tile::threads / size);
  }

  __device__ void load(std::int64_t first_k) {
    if constexpr (Operand::k_major) {
      const auto inner = operand.inner(first_k + k_of(0));
#pragma unroll
      for (int r = 0; r < count; ++r) values[r] = operand.value(outer[r], inner);
    } else {
#pragma unroll
      for (int r = 0; r < count; ++r)
        values[r] = operand.value(outer[0], operand.inner(first_k + k_of(r)));
    }
  }
  /// The shared tile has one vector more per k than it needs, so that neighbours along k lie in
  /// different banks.
  __device__ void store(Vector<T, 4> (*shared)[size / 4 + 1]) const {
#pragma unroll
    for (int r = 0; r < count; ++r)
      shared[k_of(r)][outer_of(r) / 4].at[outer_of(r) % 4] = values[r];
  }

  const Operand& operand;
  typename Operand::Outer outer[outers];
  T values[count];
};

/// ThreadMap: the row (or column) in the tile of element e of a thread, which is thread `thread` of
/// `threads` along that dimension. Elements go in vectors of four, so that neighbouring threads
/// read neighbouring vectors.
template <int threads> __device__ __forceinline__ int thread_map(int thread, int e) {
  return (e / 4 * threads + thread) * 4 + e % 4;
}

/// Computes the tile of C that begins at (first_row, first_column), summed over k from first_k to
/// before last_k, and calls epilogue(epilogue.column(j), i, sum) for every element (i, j) of the
/// tile, also for those outside C. The last stage may go beyond last_k: one of the operands must be
/// 0 there.
template <class Tile, class A, class B, class Epilogue>
__device__ __forceinline__ void multiply_tile(const A& a, const B& b, const Epilogue& epilogue,
                                              std::int64_t first_row, std::int64_t first_column,
                                              std::int64_t first_k, std::int64_t last_k) {
  using T = typename Tile::T;
  constexpr int tile_k = Tile::tile_k, thread_tile = Tile::thread_tile,
                row_threads = Tile::tile_m / thread_tile,
                column_threads = Tile::tile_n / thread_tile;
  __shared__ Vector<T, 4> a_tile[2][tile_k][Tile::tile_m / 4 + 1],
      b_tile[2][tile_k][Tile::tile_n / 4 + 1];
  TileLoader<Tile, Tile::tile_m, A> a_loader(a, first_row);
  TileLoader<Tile, Tile::tile_n, B> b_loader(b, first_column);
  const int row = int(threadIdx.x) / column_threads, column = int(threadIdx.x) % column_threads;

  T sums[thread_tile][thread_tile] = {};
  a_loader.load(first_k), b_loader.load(first_k);
  int stage = 0;
  for (std::int64_t k = first_k; k < last_k; k += tile_k, stage ^= 1) {
    a_loader.store(a_tile[stage]), b_loader.store(b_tile[stage]);
    // One barrier per stage is enough: a thread writes to the other stage only after all threads
    // have passed this barrier, and so have read it.
    __syncthreads();
    if (k + tile_k < last_k) a_loader.load(k + tile_k), b_loader.load(k + tile_k);
#pragma unroll
    for (int d = 0; d < tile_k; ++d) {
      Vector<T, 4> a_values[thread_tile / 4], b_values[thread_tile / 4];
#pragma unroll
      for (int e = 0; e < thread_tile / 4; ++e) {
        a_values[e] = a_tile[stage][d][e * row_threads + row];
        b_values[e] = b_tile[stage][d][e * column_threads + column];
      }
#pragma unroll
      for (int i = 0; i < thread_tile; ++i)
#pragma unroll
        for (int j = 0; j < thread_tile; ++j)
          sums[i][j] += a_values[i / 4].at[i % 4] * b_values[j / 4].at[j % 4];
    }
  }

#pragma unroll
  for (int j = 0; j < thread_tile; ++j) {
    const auto to = epilogue.column(first_column + thread_map<column_threads>(column, j));
#pragma unroll
    for (int i = 0; i < thread_tile; ++i)
      epilogue(to, first_row + thread_map<row_threads>(row, i), sums[i][j]);
  }
}

/// A matrix in memory as an operand: element (i, k) is at i outer_stride + k k_stride.
template <class S, bool k_major_> struct Matrix {
  static constexpr bool k_major = k_major_;
  const S* data;
  std::int64_t outer_size, k_size, outer_stride, k_stride;

  using Outer = const S*;
  struct Inner {
    std::int64_t offset;
    bool inside;
  };
  __device__ Outer outer(std::int64_t i) const {
    return i < outer_size ? data + i * outer_stride : nullptr;
  }
  __device__ Inner inner(std::int64_t k) const { return {k * k_stride, k < k_size}; }
  __device__ Accumulator<S> value(Outer outer, Inner inner) const {
    return outer && inner.inside ? Accumulator<S>(load(outer + inner.offset)) : Accumulator<S>(0);
  }
};

}  // namespace tinygrad::cuda
