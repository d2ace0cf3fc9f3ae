// Products by tiles: a block of threads makes tile_m x tile_n numbers, each a sum over k, of which
// `depth` steps at a time lie in shared memory; each thread sums item x item numbers in registers.
// A number is read from memory once a tile, so a block reads tile_m + tile_n numbers for 2 tile_m
// tile_n operations of k: with 128 x 128 float32, one byte for 32 operations. While it multiplies
// one part, it reads the next.
//
// What is multiplied is said by two sources, for the rows of the left side and the columns of the
// right:
//   Line line(i)          what is known of row (or column) i, found once;
//   Step step(k)          what is known of k, found once for all lines of a thread;
//   T value(line, step)   the number there, 0 outside.
// `along_k`: neighbours in memory are neighbours along k, and so neighbouring threads take them.
#pragma once
#include "backends/cuda/device.cuh"

namespace tinygrad::cuda {

/// What products are summed in. Integers wrap.
template <class S>
using Accumulator = std::conditional_t<std::is_integral_v<S>, std::uint64_t, computed<S>>;

template <class T_, int m, int n, int item_> struct Tile {
  using T = T_;
  static constexpr int tile_m = m, tile_n = n, item = item_, depth = 8,
                       threads = (m / item) * (n / item);
};
/// Large sides, and a left side of few rows.
template <class S>
using LargeTile = std::conditional_t<sizeof(Accumulator<S>) == 8, Tile<Accumulator<S>, 64, 64, 4>,
                                     Tile<Accumulator<S>, 128, 128, 8>>;
template <class S> using FlatTile = Tile<Accumulator<S>, 32, 128, 4>;

/// What one thread takes of one side: `count` numbers of each part.
template <class Tile, int size, class Source> struct Share {
  using T = typename Tile::T;
  static constexpr int depth = Tile::depth, count = size * depth / Tile::threads,
                       lines = Source::along_k ? count : 1;
  static_assert(Tile::threads % size == 0 && Tile::threads % depth == 0 && count > 0);

  __device__ Share(const Source& source, std::int64_t first_line) : source(source) {
#pragma unroll
    for (int r = 0; r < lines; ++r) line[r] = source.line(first_line + line_of(r));
  }
  __device__ static int line_of(int r) {
    return Source::along_k ? int(threadIdx.x) / depth + r * (Tile::threads / depth)
                           : int(threadIdx.x) % size;
  }
  __device__ static int k_of(int r) {
    return Source::along_k ? int(threadIdx.x) % depth
                           : int(threadIdx.x) / size + r * (Tile::threads / size);
  }

  __device__ void read(std::int64_t first_k) {
    if constexpr (Source::along_k) {
      const auto step = source.step(first_k + k_of(0));
#pragma unroll
      for (int r = 0; r < count; ++r) numbers[r] = source.value(line[r], step);
    } else {
#pragma unroll
      for (int r = 0; r < count; ++r)
        numbers[r] = source.value(line[0], source.step(first_k + k_of(r)));
    }
  }
  __device__ void put(Vector<T, 4> (*shared)[size / 4 + 1])
      const {  // one more than needed: neighbours along k lie in different banks
#pragma unroll
    for (int r = 0; r < count; ++r) shared[k_of(r)][line_of(r) / 4].at[line_of(r) % 4] = numbers[r];
  }

  const Source& source;
  typename Source::Line line[lines];
  T numbers[count];
};

/// Item e of a thread, which is number `place` of `places` along a side: in fours, so that
/// neighbouring threads read neighbouring fours.
template <int places> __device__ __forceinline__ int line_of_item(int place, int e) {
  return (e / 4 * places + place) * 4 + e % 4;
}

/// The tile whose first row and column these are: calls put(put.column(j), i, sum) for its numbers,
/// those outside too. Sums k from first_k on, before last_k; a part of `depth` steps may go beyond,
/// where one of the sources is 0.
template <class Tile, class Left, class Right, class Put>
__device__ __forceinline__ void multiply_tile(const Left& left, const Right& right, const Put& put,
                                              std::int64_t first_row, std::int64_t first_column,
                                              std::int64_t first_k, std::int64_t last_k) {
  using T = typename Tile::T;
  constexpr int depth = Tile::depth, item = Tile::item, rows = Tile::tile_m / item,
                columns = Tile::tile_n / item;
  __shared__ Vector<T, 4> left_part[2][depth][Tile::tile_m / 4 + 1],
      right_part[2][depth][Tile::tile_n / 4 + 1];
  Share<Tile, Tile::tile_m, Left> left_share(left, first_row);
  Share<Tile, Tile::tile_n, Right> right_share(right, first_column);
  const int row = int(threadIdx.x) / columns, column = int(threadIdx.x) % columns;

  T sums[item][item] = {};
  left_share.read(first_k), right_share.read(first_k);
  int part = 0;
  for (std::int64_t k = first_k; k < last_k; k += depth, part ^= 1) {
    left_share.put(left_part[part]), right_share.put(right_part[part]);
    __syncthreads();  // nobody writes to the other part before all have passed this, and so read
                      // from it
    if (k + depth < last_k) left_share.read(k + depth), right_share.read(k + depth);
#pragma unroll
    for (int d = 0; d < depth; ++d) {
      Vector<T, 4> l[item / 4], r[item / 4];
#pragma unroll
      for (int e = 0; e < item / 4; ++e) {
        l[e] = left_part[part][d][e * rows + row];
        r[e] = right_part[part][d][e * columns + column];
      }
#pragma unroll
      for (int i = 0; i < item; ++i)
#pragma unroll
        for (int j = 0; j < item; ++j) sums[i][j] += l[i / 4].at[i % 4] * r[j / 4].at[j % 4];
    }
  }

#pragma unroll
  for (int j = 0; j < item; ++j) {
    const auto to = put.column(first_column + line_of_item<columns>(column, j));
#pragma unroll
    for (int i = 0; i < item; ++i) put(to, first_row + line_of_item<rows>(row, i), sums[i][j]);
  }
}

/// A matrix in memory as a source: element (line, k) is at line line_step + k k_step.
template <class S, bool along_k_> struct Matrix {
  static constexpr bool along_k = along_k_;
  const S* at;
  std::int64_t lines, steps, line_step, k_step;

  using Line = const S*;
  struct Step {
    std::int64_t offset;
    bool inside;
  };
  __device__ Line line(std::int64_t i) const { return i < lines ? at + i * line_step : nullptr; }
  __device__ Step step(std::int64_t k) const { return {k * k_step, k < steps}; }
  __device__ Accumulator<S> value(Line line, Step step) const {
    return line && step.inside ? Accumulator<S>(load(line + step.offset)) : Accumulator<S>(0);
  }
};

}  // namespace tinygrad::cuda
