// SPDX-License-Identifier: MIT
// Attention and its gradients, without the [L, S] scores in memory (Milakov and Gimelshein 2018;
// Dao et al. 2022). A block takes a tile of rows of one head, its queries, and loops over tiles of
// columns, the keys: it computes the scores of a tile, turns them into weights exp(score - m),
// where m is the row's largest score so far, and adds the weights times v to sums in registers.
// If m grows, the sums are multiplied by exp(old m - new m).
//
// The gradients compute the weights again, from the largest score and the sum of each query.
// attention_grad does that for tiles of queries, which gives dq, and once more with the roles
// exchanged (by_keys): its rows are keys then, its columns queries, and it gives dk and dv. So
// every output is written by one block, in a fixed order.
//
// Products are computed as in gemm_tile.cuh: 16 x 16 threads, each with 4 x 4 floats or 2 x 2
// doubles of a tile in registers. The factors pass through shared memory, a few features or a tile
// of them at a time, so that its size does not depend on the features. Arithmetic limits the speed.
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

constexpr int side = 16, threads = side * side;
/// The rows and columns of a tile.
template <class T> constexpr int tile = side* lanes<T>;
/// A row of a tile in shared memory, one vector longer than it need be, so that neighbours in a
/// column lie in different banks.
template <class T> using TileRow = Vector<T, lanes<T>>[side + 1];
/// A thread's elements of a tile.
template <class T> struct Part {
  T at[lanes<T>][lanes<T>] = {};
  /// Calls f(element, row, column) for all, with the row and the column in the tile.
  template <class F> __device__ __forceinline__ void for_each(const F& f) {
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i)
#pragma unroll
      for (int j = 0; j < lanes<T>; ++j)
        f(at[i][j], int(threadIdx.x) / side * lanes<T> + i, int(threadIdx.x) % side * lanes<T> + j);
  }
};

/// The matrix [count, features] of a head in a dense operand [B, H, count, features].
template <class T> struct Rows {
  Array<T> x;
  std::int64_t first, count;
  int features;
  __device__ Rows(const Array<T>& x, std::int64_t head, std::int64_t count, int features)
      : x(x), first(head * count * features), count(count), features(features) {}
  __device__ __forceinline__ std::int64_t offset(std::int64_t row, int feature) const {
    return first + row * features + feature;
  }
  __device__ __forceinline__ bool has(std::int64_t row, int feature) const {
    return row < count && feature < features;
  }
  /// Calls f(at) with a function at(row, feature) that loads an element, and gives 0 outside.
  template <class F> __device__ __forceinline__ void with_elements(const F& f) const {
    const auto run = [&]<class S>(const S* from) {
      f([&](std::int64_t row, int feature) {
        return has(row, feature) ? load(from + offset(row, feature)) : T(0);
      });
    };
    if constexpr (std::is_same_v<T, float>) with_stored(x, run);
    else run(static_cast<const T*>(x.at));
  }
};

/// to[feature][row] = half a tile of features of a tile of rows. A warp loads 8 features of 4 rows:
/// whole sectors of memory, and stores to different banks.
template <class T>
__device__ __forceinline__ void load_columns(const Rows<T>& x, std::int64_t row, int feature,
                                             TileRow<T>* to) {
  x.with_elements([&](const auto& at) {
#pragma unroll
    for (int r = int(threadIdx.x) / 8; r < tile<T>; r += threads / 8)
#pragma unroll
      for (int f = int(threadIdx.x) % 8; f < tile<T> / 2; f += 8)
        to[f][r / lanes<T>].at[r % lanes<T>] = at(row + r, feature + f);
  });
}
/// to[row][feature] = a tile of features of a tile of rows.
template <class T>
__device__ __forceinline__ void load_rows(const Rows<T>& x, std::int64_t row, int feature,
                                          TileRow<T>* to) {
  const int f = int(threadIdx.x) % tile<T>;
  x.with_elements([&](const auto& at) {
#pragma unroll
    for (int r = int(threadIdx.x) / tile<T>; r < tile<T>; r += threads / tile<T>)
      to[r][f / lanes<T>].at[f % lanes<T>] = at(row + r, feature + f);
  });
}

/// sums += Σ over k < depth of left[k][row] right[k][column].
template <class T, int depth>
__device__ __forceinline__ void multiply(Part<T>& sums, const TileRow<T>* left,
                                         const TileRow<T>* right) {
#pragma unroll 8
  for (int k = 0; k < depth; ++k) {
    const Vector<T, lanes<T>> a = left[k][threadIdx.x / side], b = right[k][threadIdx.x % side];
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i)
#pragma unroll
      for (int j = 0; j < lanes<T>; ++j) sums.at[i][j] += a.at[i] * b.at[j];
  }
}
/// The inner products of the rows of a from `row` on with those of b from `column` on.
template <class T>
__device__ __forceinline__ Part<T> inner_products(const Rows<T>& a, const Rows<T>& b,
                                                  std::int64_t row, std::int64_t column,
                                                  TileRow<T>* stage) {
  constexpr int depth = tile<T> / 2;
  Part<T> sums;
  for (int f = 0; f < a.features; f += depth) {
    __syncthreads();  // others may still read the stage
    load_columns(a, row, f, stage), load_columns(b, column, f, stage + depth);
    __syncthreads();
    multiply<T, depth>(sums, stage, stage + depth);
  }
  return sums;
}
/// sums += weights x, for the rows of x from `column` on; weights[column][row]. `parts`: tiles of
/// features.
template <int parts, class T>
__device__ __forceinline__ void add_weighted(Part<T> (&sums)[parts], const Rows<T>& x,
                                             std::int64_t column, const TileRow<T>* weights,
                                             TileRow<T>* stage) {
#pragma unroll
  for (int p = 0; p < parts; ++p) {
    if (p * tile<T> >= x.features) break;
    __syncthreads();  // as above; and the weights are complete
    load_rows(x, column, p * tile<T>, stage);
    __syncthreads();
    multiply<T, tile<T>>(sums[p], weights, stage);
  }
}
template <class T>
__device__ __forceinline__ void store_weights(const Part<T>& part, TileRow<T>* weights) {
#pragma unroll
  for (int j = 0; j < lanes<T>; ++j) {
    Vector<T, lanes<T>> of_column;
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) of_column.at[i] = part.at[i][j];
    weights[threadIdx.x % side * lanes<T> + j][threadIdx.x / side] = of_column;
  }
}
/// Stores the rows of y from `row` on.
template <int parts, class T>
__device__ __forceinline__ void store_parts(Part<T> (&sums)[parts], const Rows<T>& y,
                                            std::int64_t row) {
#pragma unroll
  for (int p = 0; p < parts; ++p)
    sums[p].for_each([&](T& value, int i, int j) {
      const int feature = p * tile<T> + j;
      if (y.has(row + i, feature)) store(y.x, y.offset(row + i, feature), value);
    });
}

// ------------------------------------------------------------ scores

template <class T> struct Attention {
  Array<T> q, k, v, y;
  T *largest, *factor;  // a weight is exp(score - largest) factor
  const T* mask;        // or null
  std::int64_t mask_batch, mask_head, mask_query, mask_key;
  std::int64_t batches, heads, queries, keys;
  int features, values;
  T scale;
  bool is_causal;
};

/// The tile of this block, and the scores of its head. The rows are queries, or keys.
template <class T, bool by_keys> struct Tile {
  const Attention<T>& a;
  std::int64_t rows, columns, head, row;
  const T* mask;

  __device__ explicit Tile(const Attention<T>& a)
      : a(a), rows(by_keys ? a.keys : a.queries), columns(by_keys ? a.queries : a.keys) {
    const std::int64_t tiles = ceil_div(rows, tile<T>);
    head = blockIdx.x / tiles, row = blockIdx.x % tiles * tile<T>;
    mask = a.mask ? a.mask + head / a.heads * a.mask_batch + head % a.heads * a.mask_head : nullptr;
  }
  /// The columns that some row of the tile sees.
  __device__ std::int64_t begin() const { return by_keys && a.is_causal ? row : 0; }
  __device__ std::int64_t end() const {
    return !by_keys && a.is_causal && row + tile<T> < columns ? row + tile<T> : columns;
  }
  /// Turns q k into the score: -inf if the query does not see the key, and beyond the last row and
  /// column.
  __device__ __forceinline__ T score(T product, std::int64_t i, std::int64_t j) const {
    const std::int64_t query = by_keys ? j : i, key = by_keys ? i : j;
    if (i >= rows || j >= columns || (a.is_causal && key > query)) return T(-INFINITY);
    return product * a.scale + (mask ? mask[query * a.mask_query + key * a.mask_key] : T(0));
  }
};

/// Registers of the sums: `parts` tiles of values.
template <class T, int parts>
__global__ void __launch_bounds__(threads) attention_tiles(const Attention<T> a) {
  __shared__ TileRow<T> stage[tile<T>], weights[tile<T>];
  const Tile<T, false> t(a);
  const Rows<T> q(a.q, t.head, a.queries, a.features), k(a.k, t.head, a.keys, a.features),
      v(a.v, t.head, a.keys, a.values), y(a.y, t.head, a.queries, a.values);
  Part<T> sums[parts];
  T largest[lanes<T>], normalizer[lanes<T>];  // of each row: the latter of this thread's columns
#pragma unroll
  for (int i = 0; i < lanes<T>; ++i) largest[i] = T(-INFINITY), normalizer[i] = 0;
  for (std::int64_t column = 0; column < t.end(); column += tile<T>) {
    Part<T> scores = inner_products(q, k, t.row, column, stage);
    scores.for_each([&](T& s, int i, int j) { s = t.score(s, t.row + i, column + j); });
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i) {
      T now = largest[i];
#pragma unroll
      for (int j = 0; j < lanes<T>; ++j) now = Max()(now, scores.at[i][j]);
      now = reduce_lanes<side>(now, Max());
      const T shift = now == T(-INFINITY) ? T(0) : now, factor = std::exp(largest[i] - shift);
      largest[i] = now, normalizer[i] *= factor;
#pragma unroll
      for (int j = 0; j < lanes<T>; ++j) {
        scores.at[i][j] = std::exp(scores.at[i][j] - shift), normalizer[i] += scores.at[i][j];
#pragma unroll
        for (int p = 0; p < parts; ++p) sums[p].at[i][j] *= factor;
      }
    }
    store_weights(scores, weights);
    add_weighted(sums, v, column, weights, stage);
  }
#pragma unroll
  for (int i = 0; i < lanes<T>; ++i) {
    // The total is 0 if the query sees no key: the largest score would have the weight 1.
    const T total = reduce_lanes<side>(normalizer[i], Sum()),
            factor = total == 0 ? T(0) : 1 / total;
#pragma unroll
    for (int p = 0; p < parts; ++p)
#pragma unroll
      for (int j = 0; j < lanes<T>; ++j) sums[p].at[i][j] *= factor;
    const std::int64_t row = t.row + int(threadIdx.x) / side * lanes<T> + i;
    if (threadIdx.x % side == 0 && row < a.queries) {
      a.largest[t.head * a.queries + row] = total == 0 ? T(0) : largest[i];
      a.factor[t.head * a.queries + row] = factor;
    }
  }
  store_parts(sums, y, t.row);
}

// ------------------------------------------------------------ gradients

template <class T> struct Gradients {
  Array<T> dy, dq, dk, dv;
  T* delta;  // [B, H, L]
};

/// delta = Σ dy y of each row; a warp each.
template <class T>
__global__ void __launch_bounds__(row_threads)
    attention_delta(const Array<T> dy, const Array<T> y, T* delta, const std::int64_t rows,
                    const std::int64_t size) {
  const RowThread<32> thread;
  T sum = 0;
  if (thread.row < rows)
    for (std::int64_t i = thread.row * size + thread.lane; i < (thread.row + 1) * size; i += 32)
      sum += load(dy, i) * load(y, i);
  sum = reduce_lanes<32>(sum, Sum());
  if (thread.lane == 0 && thread.row < rows) delta[thread.row] = sum;
}

/// With w = exp(score - largest) factor and ds = w (dy vᵀ - delta) scale: dq = ds k; or, by_keys,
/// dk = dsᵀ q and dv = wᵀ dy.
template <class T, int parts, bool by_keys>
__global__ void __launch_bounds__(threads, parts == 1 ? 2 : 1)
    attention_grad_tiles(const Attention<T> a, const Gradients<T> g) {
  __shared__ TileRow<T> stage[tile<T>], weights[tile<T>];
  const Tile<T, by_keys> t(a);
  const Rows<T> q(a.q, t.head, a.queries, a.features), k(a.k, t.head, a.keys, a.features),
      v(a.v, t.head, a.keys, a.values), dy(g.dy, t.head, a.queries, a.values);
  Part<T> sums[parts], sums_of_v[parts];
  for (std::int64_t column = t.begin(); column < t.end(); column += tile<T>) {
    Part<T> w = inner_products(by_keys ? k : q, by_keys ? q : k, t.row, column, stage),
            ds = inner_products(by_keys ? v : dy, by_keys ? dy : v, t.row, column, stage);
#pragma unroll
    for (int i = 0; i < lanes<T>; ++i)
#pragma unroll
      for (int j = 0; j < lanes<T>; ++j) {
        const std::int64_t r = t.row + int(threadIdx.x) / side * lanes<T> + i,
                           c = column + int(threadIdx.x) % side * lanes<T> + j,
                           query = by_keys ? c : r, at = t.head * a.queries + query;
        const bool is_query = query < a.queries;
        const T largest = is_query ? a.largest[at] : T(0), factor = is_query ? a.factor[at] : T(0),
                delta = is_query ? g.delta[at] : T(0);
        w.at[i][j] = std::exp(t.score(w.at[i][j], r, c) - largest) * factor;
        ds.at[i][j] = w.at[i][j] * (ds.at[i][j] - delta) * a.scale;
      }
    if constexpr (by_keys) {
      store_weights(w, weights);
      add_weighted(sums_of_v, dy, column, weights, stage);
      __syncthreads();  // others may still read the weights
    }
    store_weights(ds, weights);
    add_weighted(sums, by_keys ? q : k, column, weights, stage);
  }
  store_parts(sums, Rows<T>(by_keys ? g.dk : g.dq, t.head, t.rows, a.features), t.row);
  if constexpr (by_keys) store_parts(sums_of_v, Rows<T>(g.dv, t.head, a.keys, a.values), t.row);
}

// ------------------------------------------------------------ calls

template <class T>
Attention<T> problem(const View& q, const View& k, const View& v, const View& mask, double scale,
                     bool is_causal, const View& y, const View& largest, const View& factor) {
  const auto stride = [&](int d) { return mask ? mask.stride(d) : 0; };
  return {
      array_of<T>(q),      array_of<T>(k),    array_of<T>(v), array_of<T>(y), begin_of<T>(largest),
      begin_of<T>(factor), begin_of<T>(mask), stride(0),      stride(1),      stride(2),
      stride(3),           q.size(0),         q.size(1),      q.size(2),      k.size(2),
      int(q.size(3)),      int(v.size(3)),    T(scale),       is_causal};
}
/// Blocks for the tiles of `rows` rows of all heads.
template <class T> unsigned blocks_for(const Attention<T>& a, std::int64_t rows) {
  return unsigned(a.batches * a.heads * ceil_div(rows, tile<T>));
}

/// The tiles of features that fit into the registers of a block.
constexpr int max_parts = 4;
/// Calls f(parts) with the compile-time number of tiles of features: 1, 2 or 4; doubles, which are
/// rare, always get 4, since each kernel takes long to compile.
template <class T, class F> void dispatch_parts(const Attention<T>& a, const F& f) {
  const int widest = std::max(a.features, a.values);
  if constexpr (std::is_same_v<T, float>) {
    if (widest <= tile<T>) return f(std::integral_constant<int, 1>());
    if (widest <= 2 * tile<T>) return f(std::integral_constant<int, 2>());
  }
  f(std::integral_constant<int, max_parts>());
}
bool is_supported(const View& q, const View& k, const View& v) {
  const int size = q.dtype() == DType::float64 ? tile<double> : tile<float>;
  return q.count() > 0 && k.count() > 0 && v.count() > 0 &&
         std::max(q.size(3), v.size(3)) <= max_parts * size;
}

}  // namespace

bool attention(Runtime& runtime, const View& q, const View& k, const View& v, const View& mask,
               double scale, bool is_causal, const View& y, const View& largest,
               const View& factor) {
  if (!is_supported(q, k, v)) return false;
  const Input queries(runtime, q), keys(runtime, k), values(runtime, v);
  const Output to(runtime, y), to_largest(runtime, largest), to_factor(runtime, factor);
  with_real(y.dtype(), [&]<class T>(T) {
    const Attention<T> a =
        problem<T>(queries, keys, values, mask, scale, is_causal, to, to_largest, to_factor);
    dispatch_parts(a, [&](auto parts) {
      launch(runtime, "attention", blocks_for(a, a.queries), threads, attention_tiles<T, parts>, a);
    });
  });
  to.finish(), to_largest.finish(), to_factor.finish();
  return true;
}

bool attention_grad(Runtime& runtime, const View& dy, const View& q, const View& k, const View& v,
                    const View& mask, const View& y, const View& largest, const View& factor,
                    double scale, bool is_causal, const View& dq, const View& dk, const View& dv) {
  if (!is_supported(q, k, v)) return false;
  const Input grads(runtime, dy), queries(runtime, q), keys(runtime, k), values(runtime, v),
      outputs(runtime, y), maxima(runtime, largest), factors(runtime, factor);
  const std::int64_t rows = largest.count();
  const Output to_q(runtime, dq), to_k(runtime, dk), to_v(runtime, dv);
  with_real(dq.dtype(), [&]<class T>(T) {
    const Scratch delta(runtime, rows * std::int64_t(sizeof(T)));
    const Attention<T> a =
        problem<T>(queries, keys, values, mask, scale, is_causal, outputs, maxima, factors);
    const Gradients<T> g = {array_of<T>(grads), array_of<T>(to_q), array_of<T>(to_k),
                            array_of<T>(to_v), delta.as<T>()};
    launch(runtime, "attention_grad", blocks_for_rows(rows, 32), row_threads, attention_delta<T>,
           g.dy, a.y, g.delta, rows, v.size(3));
    dispatch_parts(a, [&](auto parts) {
      launch(runtime, "attention_grad", blocks_for(a, a.queries), threads,
             attention_grad_tiles<T, parts, false>, a, g);
      launch(runtime, "attention_grad", blocks_for(a, a.keys), threads,
             attention_grad_tiles<T, parts, true>, a, g);
    });
  });
  to_q.finish(), to_k.finish(), to_v.finish();
  return true;
}

}  // namespace tinygrad::cuda
