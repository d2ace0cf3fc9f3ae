// SPDX-License-Identifier: MIT
// Helpers for kernels that reduce along one dimension of a dense tensor: softmax, losses and norms.
// The tensor is seen as slices along that dimension.
// - Rows: the elements of a slice are contiguous. A few lanes, a warp or a block process a row. A
//   short row is held in their registers, so that memory is read once; a long one is processed
//   chunk by chunk.
// - Columns: the elements of a slice are `inner` apart, and neighbouring slices lie side by side. A
//   block processes 32 columns; its 8 warps take every eighth element.
#pragma once
#include "backends/cuda/dense.h"
#include "backends/cuda/elementwise.cuh"
#include "backends/cuda/launch.h"

namespace tinygrad::cuda {

constexpr int row_threads = 256;

/// Dense x seen as [outer, size, inner]: outer * inner slices of `size` elements. They are rows if
/// inner is 1, otherwise columns.
struct Slices {
  std::int64_t outer = 1, size = 1, inner = 1;
  std::int64_t count() const { return outer * inner; }
};
inline Slices slices_along(const View& x, int dim) {
  Slices slices;
  if (x.rank() == 0) return slices;
  slices.size = x.size(dim);
  for (int d = 0; d < dim; ++d) slices.outer *= x.size(d);
  for (int d = dim + 1; d < x.rank(); ++d) slices.inner *= x.size(d);
  return slices;
}
/// A dense operand in the form that kernels take; its pointer is null if v is null.
template <class T> Array<T> array_of(const View& v) { return {begin_of<char>(v), v.dtype(), 1, 0}; }

// ------------------------------------------------------------ rows

/// The row that this thread works on, and its lane among the `lanes` threads of that row.
template <int lanes> struct RowThread {
  std::int64_t row = std::int64_t(blockIdx.x) * (row_threads / lanes) + threadIdx.x / lanes;
  int lane = threadIdx.x % lanes;
};

/// Maps element i of a row to its offset from the array's begin.
struct RowOffset {
  std::int64_t first;
  __device__ __forceinline__ std::int64_t operator()(std::int64_t i) const { return first + i; }
};

/// A row, or a chunk of one, in the registers of `lanes` threads, each of which has `items` groups
/// of four elements. The four are neighbours if rows begin at multiples of four elements (vec4);
/// otherwise a lane has every lanes-th element.
template <class T, int lanes, int items> struct Row {
  static constexpr int capacity = 4 * lanes * items;
  T values[items][4];

  /// The index in the chunk of this thread's values[i][k].
  static __device__ __forceinline__ int index(int i, int k, bool vec4) {
    const int lane = threadIdx.x % lanes;
    return vec4 ? (i * lanes + lane) * 4 + k : (i * 4 + k) * lanes + lane;
  }
  /// Returns how many elements of the chunk are valid if `remaining` are left in the row.
  static __device__ __forceinline__ int valid_count(std::int64_t remaining) {
    return remaining < capacity ? int(remaining) : capacity;
  }

  /// Loads x at offset(0), offset(1) ... offset(remaining - 1); the other values become `fill`.
  /// With vec4, `offset` must keep four neighbours neighbours.
  template <class Offset>
  __device__ __forceinline__ void read(const Array<T>& x, const Offset& offset,
                                       std::int64_t remaining, bool vec4, T fill) {
    const int valid = valid_count(remaining);
    if constexpr (std::is_same_v<T, float>)
      if (vec4)
        return with_stored(x,
                           [&]<class S>(const S* from) { read_vec4(from, offset, valid, fill); });
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k)
        values[i][k] = index(i, k, false) < valid ? load(x, offset(index(i, k, false))) : fill;
  }
  template <class S, class Offset>
  __device__ __forceinline__ void read_vec4(const S* from, const Offset& offset, int valid,
                                            float fill) {
    Raw<S> raw[items] = {};
#pragma unroll
    for (int i = 0; i < items; ++i)
      if (index(i, 0, true) < valid)
        raw[i] = *reinterpret_cast<const Raw<S>*>(from + offset(index(i, 0, true)));
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k)
        values[i][k] = index(i, 0, true) < valid ? number_at<S>(raw[i], k) : fill;
  }
  /// Stores the valid values, in the same order.
  template <class Offset>
  __device__ __forceinline__ void write(const Array<T>& y, const Offset& offset,
                                        std::int64_t remaining, bool vec4) const {
    const int valid = valid_count(remaining);
    if constexpr (std::is_same_v<T, float>)
      if (vec4)
        return with_stored(y, [&]<class S>(S* to) {
#pragma unroll
          for (int i = 0; i < items; ++i)
            if (index(i, 0, true) < valid) store(to + offset(index(i, 0, true)), values[i]);
        });
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k)
        if (index(i, k, false) < valid) store(y, offset(index(i, k, false)), values[i][k]);
  }
  /// Calls f(value) for every value, valid or not.
  template <class F> __device__ __forceinline__ void for_each(const F& f) {
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k) f(values[i][k]);
  }
  /// Calls f(value) for every valid value; the others become 0.
  template <class F>
  __device__ __forceinline__ void for_each_valid(std::int64_t remaining, bool vec4, const F& f) {
    const int valid = valid_count(remaining);
    const auto run =
        [&]<bool by_vec4>(std::bool_constant<by_vec4>) {  // one comparison for all four
#pragma unroll
          for (int i = 0; i < items; ++i)
#pragma unroll
            for (int k = 0; k < 4; ++k)
              if (index(i, by_vec4 ? 0 : k, by_vec4) < valid) f(values[i][k]);
              else values[i][k] = 0;
        };
    if (vec4) run(std::true_type());
    else run(std::false_type());
  }
  /// Calls f(value, the corresponding value of `other`) for every value.
  template <class F> __device__ __forceinline__ void for_each_with(const Row& other, const F& f) {
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k) f(values[i][k], other.values[i][k]);
  }
  /// Returns how many of this thread's values are valid.
  static __device__ __forceinline__ int count(std::int64_t remaining, bool vec4) {
    const int valid = valid_count(remaining);
    int n = 0;
#pragma unroll
    for (int i = 0; i < items; ++i)
      if (vec4) n += index(i, 0, true) < valid ? 4 : 0;
      else
#pragma unroll
        for (int k = 0; k < 4; ++k) n += index(i, k, false) < valid;
    return n;
  }
  /// op over this thread's values.
  template <class Op> __device__ __forceinline__ T thread_reduce(const Op& op) const {
    T partial[items];
#pragma unroll
    for (int i = 0; i < items; ++i)
      partial[i] = op(op(values[i][0], values[i][1]), op(values[i][2], values[i][3]));
    T total = partial[0];
#pragma unroll
    for (int i = 1; i < items; ++i) total = op(total, partial[i]);
    return total;
  }
};

/// Calls f(lanes, items) with the compile-time constants for rows of `size` elements that fit into
/// registers; returns false if they are too long. A warp holds at most `max_items` items, 4, 8 or
/// 16: a kernel that holds several rows at once has few registers for each.
template <class T, int max_items = 8, class F> bool dispatch_row(std::int64_t size, const F& f) {
  using std::integral_constant;
  const auto call = [&](auto lanes, auto items) { return f(lanes, items), true; };
  if (size <= 16) return call(integral_constant<int, 4>(), integral_constant<int, 1>());
  if constexpr (std::is_same_v<T, float>) {
    constexpr bool eight = max_items >= 8, sixteen = max_items >= 16;
    if (size <= 128) return call(integral_constant<int, 32>(), integral_constant<int, 1>());
    if (size <= 512) return call(integral_constant<int, 32>(), integral_constant<int, 4>());
    if (size <= 1024)
      return call(integral_constant<int, (eight ? 32 : row_threads)>(),
                  integral_constant<int, (eight ? 8 : 1)>());
    if (size <= 2048)
      return call(integral_constant<int, (sixteen ? 32 : row_threads)>(),
                  integral_constant<int, (sixteen ? 16 : 2)>());
    if (size <= 4096)
      return call(integral_constant<int, row_threads>(), integral_constant<int, 4>());
    if (size <= 8192)
      return call(integral_constant<int, row_threads>(), integral_constant<int, 8>());
  } else if (size <= 512) {
    return call(integral_constant<int, 32>(), integral_constant<int, 4>());
  }
  return false;
}
/// The part of a long row that a block holds at a time.
template <class T> using Chunk = Row<T, row_threads, 4>;

inline unsigned blocks_for_rows(std::int64_t rows, int lanes) {
  return unsigned(ceil_div(rows, row_threads / lanes));
}
/// Returns whether every dense row of `size` elements begins at an address that is aligned for
/// vectors of four elements, and consists of whole vectors.
template <class T> bool can_use_vec4(std::int64_t size) {
  return std::is_same_v<T, float> && size % 4 == 0;
}

// ------------------------------------------------------------ columns

constexpr int columns_per_block = 32, warps_per_column = row_threads / columns_per_block;

/// The column that this thread works on together with warps_per_column - 1 others, and the offset
/// where it begins. Every thread of a block must take part in its reductions, those without a
/// column too (is_valid is false).
struct ColumnThread {
  int lane = threadIdx.x % columns_per_block, warp = threadIdx.x / columns_per_block;
  std::int64_t column, first, inner;
  bool is_valid;
  __device__ __forceinline__ ColumnThread(std::int64_t columns, std::int64_t size,
                                          std::int64_t inner)
      : inner(inner) {
    column = std::int64_t(blockIdx.x) * columns_per_block + lane;
    is_valid = column < columns;
    first = is_valid ? column / inner * size * inner + column % inner : 0;
  }
  __device__ __forceinline__ std::int64_t offset(std::int64_t i) const { return first + i * inner; }
};
/// All-reduce over the threads of a column, in the order of the warps.
template <class T, class Op> __device__ __forceinline__ T reduce_column(T x, const Op& op) {
  __shared__ T per_warp[warps_per_column][columns_per_block];
  const int lane = threadIdx.x % columns_per_block;
  per_warp[threadIdx.x / columns_per_block][lane] = x;
  __syncthreads();
  x = per_warp[0][lane];
#pragma unroll
  for (int i = 1; i < warps_per_column; ++i) x = op(x, per_warp[i][lane]);
  __syncthreads();
  return x;
}

// ------------------------------------------------------------ variances

/// What differences from a mean are multiplied by if their squares overflow.
template <class T> constexpr T small_scale = 0x1p-100f;
template <> inline constexpr double small_scale<double> = 0x1p-600;

/// The sums of d² and of (small_scale d)² over differences d from a mean.
template <class T> struct Squares { T plain, scaled; };
template <class T>
__device__ __forceinline__ Squares<T> shuffle_xor(const Squares<T>& s, int mask) {
  return {cuda::shuffle_xor(s.plain, mask), cuda::shuffle_xor(s.scaled, mask)};
}
struct AddSquares {
  template <class T>
  __device__ __forceinline__ Squares<T> operator()(const Squares<T>& a, const Squares<T>& b) const {
    return {a.plain + b.plain, a.scaled + b.scaled};
  }
};
template <class T, int lanes, int items>
__device__ __forceinline__ Squares<T> squares_of(Row<T, lanes, items> row) {
  Row<T, lanes, items> scaled = row;
  row.for_each([](T& d) { d *= d; });
  scaled.for_each([](T& d) { d *= small_scale<T>, d *= d; });
  return {row.thread_reduce(Sum()), scaled.thread_reduce(Sum())};
}
/// 1 / sqrt(variance + eps) of `count` elements.
template <class T>
__device__ __forceinline__ T reciprocal_std(const Squares<T>& squares, T count, T eps) {
  constexpr T scale = small_scale<T>;
  return squares.plain == T(INFINITY)
             ? scale / std::sqrt(squares.scaled / count + eps * scale * scale)
             : 1 / std::sqrt(squares.plain / count + eps);
}

// ------------------------------------------------------------ online softmax

/// The row maximum of the elements met so far, and the normalizer Σ exp(x - row_max), updated as
/// the elements come (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018).
/// The sum carries its rounding error along (Kahan).
template <class T> struct Normalizer { T row_max, sum, error = 0; };
template <class T>
__device__ __forceinline__ Normalizer<T> shuffle_xor(const Normalizer<T>& x, int mask) {
  return {cuda::shuffle_xor(x.row_max, mask), cuda::shuffle_xor(x.sum, mask)};
}
/// Combines normalizers. An element -inf adds 0. An element +inf makes the result NaN, or, if
/// keeps_infinity (when the logarithm of the sum is wanted), +inf.
template <bool keeps_infinity> struct NormalizerOp {
  template <class T> static __device__ __forceinline__ Normalizer<T> identity() {
    return {T(-INFINITY), 0};
  }
  /// The value subtracted from elements whose maximum is row_max.
  template <class T> static __device__ __forceinline__ T shift(T row_max) {
    return row_max == T(-INFINITY) || (keeps_infinity && row_max == T(INFINITY)) ? T(0) : row_max;
  }
  /// The factor from Σ exp(x - shift(from)) to Σ exp(x - shift(to)); 1 if no element was larger
  /// than -inf, since the sum is then 0.
  template <class T> static __device__ __forceinline__ T scale(T from, T to) {
    return from == to || from == T(-INFINITY) ? T(1) : std::exp(shift(from) - shift(to));
  }
  template <class T>
  __device__ __forceinline__ Normalizer<T> operator()(const Normalizer<T>& a,
                                                      const Normalizer<T>& b) const {
    const T row_max = Max()(a.row_max, b.row_max);
    return {row_max, a.sum * scale(a.row_max, row_max) + b.sum * scale(b.row_max, row_max)};
  }
  /// Adds n elements to a normalizer.
  template <class T, int n>
  static __device__ __forceinline__ void add(Normalizer<T>& total, const T (&x)[n]) {
    T row_max = total.row_max, sum = 0;
#pragma unroll
    for (int k = 0; k < n; ++k) row_max = Max()(row_max, x[k]);
#pragma unroll
    for (int k = 0; k < n; ++k) sum += std::exp(x[k] - shift(row_max));
    add(total, row_max, sum);
  }
  template <class T, int lanes, int items>
  static __device__ __forceinline__ void add(Normalizer<T>& total,
                                             const Row<T, lanes, items>& row) {
    T row_max = Max()(total.row_max, row.thread_reduce(Max()));
    Row<T, lanes, items> exps = row;
    exps.for_each([&](T& x) { x = std::exp(x - shift(row_max)); });
    add(total, row_max, exps.thread_reduce(Sum()));
  }

 private:
  /// Adds Σ exp(x - shift(row_max)); row_max is that of all elements.
  template <class T>
  static __device__ __forceinline__ void add(Normalizer<T>& total, T row_max, T sum) {
    const T factor = scale(total.row_max, row_max);
    CompensatedSum<T> all = {total.sum * factor, total.error * factor};
    all += sum;
    total = {row_max, all.total, all.error};
  }
};

}  // namespace tinygrad::cuda
