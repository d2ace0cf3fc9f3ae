// Lines of numbers, and the threads that walk along them: for softmax, losses and norms.
// - Rows: the numbers of a line are neighbours. Some lanes, a warp or a block have a row: short
// ones in their registers, so that memory is
//   read once; long ones chunk by chunk.
// - Columns: a line's numbers lie `inner` apart, and beside it lie other lines. A block has 32
// lines, and its 8 warps take turns down them.
#pragma once
#include "backends/cuda/dense.h"
#include "backends/cuda/elementwise.cuh"
#include "backends/cuda/launch.h"

namespace tinygrad::cuda {

constexpr int row_threads = 256;

/// Dense x seen as [outer, size, inner]: outer * inner lines of `size` numbers. With inner 1 they
/// are rows, otherwise columns.
struct Lines {
  std::int64_t outer = 1, size = 1, inner = 1;
  std::int64_t count() const { return outer * inner; }
};
inline Lines lines_along(const View& x, int dim) {
  Lines lines;
  if (x.rank() == 0) return lines;
  lines.size = x.size(dim);
  for (int d = 0; d < dim; ++d) lines.outer *= x.size(d);
  for (int d = dim + 1; d < x.rank(); ++d) lines.inner *= x.size(d);
  return lines;
}
/// A dense operand as kernels take it; null where it is not given.
template <class T> Array<T> array_of(const View& v) { return {begin_of<char>(v), v.dtype(), 1, 0}; }

// ------------------------------------------------------------ rows

/// Which of a block's rows this thread works for, and its lane there.
template <int lanes> struct RowPlace {
  std::int64_t row = std::int64_t(blockIdx.x) * (row_threads / lanes) + threadIdx.x / lanes;
  int lane = threadIdx.x % lanes;
};

/// Where number i of a row lies.
struct From {
  std::int64_t first;
  __device__ __forceinline__ std::int64_t operator()(std::int64_t i) const { return first + i; }
};

/// A row, or a chunk of one, in the registers of `lanes` threads: `items` times four numbers each.
/// Where rows begin on vectors of four, these are neighbours; otherwise a lane has every lanes-th
/// number.
template <class T, int lanes, int items> struct Row {
  static constexpr int most = 4 * lanes * items;
  T at[items][4];

  static __device__ __forceinline__ int place(int i, int k, bool fours) {
    const int lane = threadIdx.x % lanes;
    return fours ? (i * lanes + lane) * 4 + k : (i * 4 + k) * lanes + lane;
  }
  /// How many of `left` numbers the chunk has.
  static __device__ __forceinline__ int held(std::int64_t left) {
    return left < most ? int(left) : most;
  }

  /// The numbers of x at at(0), at(1) ... at(left - 1); `rest` beyond. Four neighbours stay
  /// neighbours under `at` where they are read as such.
  template <class At>
  __device__ __forceinline__ void read(const Array<T>& x, const At& at_of, std::int64_t left,
                                       bool fours, T rest) {
    const int size = held(left);
    if constexpr (std::is_same_v<T, float>)
      if (fours)
        return with_stored(x, [&]<class S>(const S* from) { read_fours(from, at_of, size, rest); });
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k)
        at[i][k] = place(i, k, false) < size ? load(x, at_of(place(i, k, false))) : rest;
  }
  template <class S, class At>
  __device__ __forceinline__ void read_fours(const S* from, const At& at_of, int size, float rest) {
    Raw<S> raw[items] = {};
#pragma unroll
    for (int i = 0; i < items; ++i)
      if (place(i, 0, true) < size)
        raw[i] = *reinterpret_cast<const Raw<S>*>(from + at_of(place(i, 0, true)));
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k)
        at[i][k] = place(i, 0, true) < size ? number_at<S>(raw[i], k) : rest;
  }
  template <class At>
  __device__ __forceinline__ void write(const Array<T>& y, const At& at_of, std::int64_t left,
                                        bool fours) const {
    const int size = held(left);
    if constexpr (std::is_same_v<T, float>)
      if (fours)
        return with_stored(y, [&]<class S>(S* to) {
#pragma unroll
          for (int i = 0; i < items; ++i)
            if (place(i, 0, true) < size) store(to + at_of(place(i, 0, true)), at[i]);
        });
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k)
        if (place(i, k, false) < size) store(y, at_of(place(i, k, false)), at[i][k]);
  }
  /// f(number) for each.
  template <class F> __device__ __forceinline__ void each(const F& f) {
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k) f(at[i][k]);
  }
  /// The same for those that are there; the others become 0.
  template <class F>
  __device__ __forceinline__ void each_there(std::int64_t left, bool fours, const F& f) {
    const int size = held(left);
    const auto each_place =
        [&]<bool by_fours>(
            std::bool_constant<by_fours>) {  // by fours, one is compared for four neighbours
#pragma unroll
          for (int i = 0; i < items; ++i)
#pragma unroll
            for (int k = 0; k < 4; ++k)
              if (place(i, by_fours ? 0 : k, by_fours) < size) f(at[i][k]);
              else at[i][k] = 0;
        };
    if (fours) each_place(std::true_type());
    else each_place(std::false_type());
  }
  /// f(number, its fellow in another row) for each.
  template <class F> __device__ __forceinline__ void each_with(const Row& other, const F& f) {
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k) f(at[i][k], other.at[i][k]);
  }
  /// How many of this thread's are there.
  static __device__ __forceinline__ int count(std::int64_t left, bool fours) {
    const int size = held(left);
    int n = 0;
#pragma unroll
    for (int i = 0; i < items; ++i)
      if (fours) n += place(i, 0, true) < size ? 4 : 0;
      else
#pragma unroll
        for (int k = 0; k < 4; ++k) n += place(i, k, false) < size;
    return n;
  }
  /// This thread's numbers, joined.
  template <class Join> __device__ __forceinline__ T joined(const Join& join) const {
    T of_items[items];
#pragma unroll
    for (int i = 0; i < items; ++i)
      of_items[i] = join(join(at[i][0], at[i][1]), join(at[i][2], at[i][3]));
    T all = of_items[0];
#pragma unroll
    for (int i = 1; i < items; ++i) all = join(all, of_items[i]);
    return all;
  }
};

/// Calls f(lanes, items) with the constants for rows of `size` that fit into registers; false where
/// they are too long. A warp has at most `most` items, 4, 8 or 16: a kernel that holds several rows
/// at once has few registers for each.
template <class T, int most = 8, class F> bool with_row(std::int64_t size, const F& f) {
  using std::integral_constant;
  const auto call = [&](auto lanes, auto items) { return f(lanes, items), true; };
  if (size <= 16) return call(integral_constant<int, 4>(), integral_constant<int, 1>());
  if constexpr (std::is_same_v<T, float>) {
    constexpr bool eight = most >= 8, sixteen = most >= 16;
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
/// Of long rows: what a block reads at a time.
template <class T> using Chunk = Row<T, row_threads, 4>;

inline unsigned blocks_of_rows(std::int64_t rows, int lanes) {
  return unsigned(ceil_div(rows, row_threads / lanes));
}
/// Whether dense rows of so many numbers are read in vectors of four, and begin where one may.
template <class T> bool in_fours(std::int64_t size) {
  return std::is_same_v<T, float> && size % 4 == 0;
}

// ------------------------------------------------------------ columns

constexpr int across = 32, down = row_threads / across;

/// The line of this thread, and where it begins. All threads of a block come to its joins, those
/// without a line too.
struct ColumnPlace {
  int lane = threadIdx.x % across, turn = threadIdx.x / across;
  std::int64_t line, first, inner;
  bool is_there;
  __device__ __forceinline__ ColumnPlace(std::int64_t lines, std::int64_t size, std::int64_t inner)
      : inner(inner) {
    line = std::int64_t(blockIdx.x) * across + lane;
    is_there = line < lines;
    first = is_there ? line / inner * size * inner + line % inner : 0;
  }
  __device__ __forceinline__ std::int64_t at(std::int64_t i) const { return first + i * inner; }
};
/// What the threads of a column have, joined in order, for each of them.
template <class T, class Join> __device__ __forceinline__ T join_column(T x, const Join& join) {
  __shared__ T room[down][across];
  const int lane = threadIdx.x % across;
  room[threadIdx.x / across][lane] = x;
  __syncthreads();
  x = room[0][lane];
#pragma unroll
  for (int i = 1; i < down; ++i) x = join(x, room[i][lane]);
  __syncthreads();
  return x;
}

// ------------------------------------------------------------ sums of exponentials

/// The largest of some numbers, and Σ exp(x - top), met as they come. Infinite numbers: -inf adds
/// nothing; +inf makes NaN, or, where the logarithm of the sum is wanted (infinities_pass), +inf.
template <class T> struct Online { T top, sum; };
template <class T> __device__ __forceinline__ Online<T> shuffle_xor(const Online<T>& x, int mask) {
  return {cuda::shuffle_xor(x.top, mask), cuda::shuffle_xor(x.sum, mask)};
}
template <bool infinities_pass> struct OnlineSum {
  /// What is subtracted from numbers whose largest is `top`.
  template <class T> static __device__ __forceinline__ T base(T top) {
    return top == T(-INFINITY) || (infinities_pass && top == T(INFINITY)) ? T(0) : top;
  }
  /// Turns Σ exp(x - base(from)) into Σ exp(x - base(to)). Where nothing was larger than -inf,
  /// there is nothing to scale.
  template <class T> static __device__ __forceinline__ T scale(T from, T to) {
    return from == to || from == T(-INFINITY) ? T(1) : std::exp(base(from) - base(to));
  }
  template <class T>
  __device__ __forceinline__ Online<T> operator()(const Online<T>& a, const Online<T>& b) const {
    const T top = Max()(a.top, b.top);
    return {top, a.sum * scale(a.top, top) + b.sum * scale(b.top, top)};
  }
  /// A few numbers more.
  template <class T, int n>
  static __device__ __forceinline__ void add(Online<T>& total, const T (&x)[n]) {
    T top = total.top, sum = 0;
#pragma unroll
    for (int k = 0; k < n; ++k) top = Max()(top, x[k]);
#pragma unroll
    for (int k = 0; k < n; ++k) sum += std::exp(x[k] - base(top));
    total = {top, total.sum * scale(total.top, top) + sum};
  }
  template <class T, int lanes, int items>
  static __device__ __forceinline__ void add(Online<T>& total, const Row<T, lanes, items>& row) {
    T top = Max()(total.top, row.joined(Max()));
    Row<T, lanes, items> exps = row;
    exps.each([&](T& x) { x = std::exp(x - base(top)); });
    total = {top, total.sum * scale(total.top, top) + exps.joined(Sum())};
  }
};

}  // namespace tinygrad::cuda
