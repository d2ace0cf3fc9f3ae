// SPDX-License-Identifier: MIT
// Computes reductions (sum, product, maximum, minimum) over any set of dimensions, and argmax and
// argmin along one.
//
// The dimensions of x are split into the outer ones, which index the outputs, and the reduced ones;
// both are iterated in memory order. If there are few outputs, the reduced elements of each are
// split into parts, whose borders depend on the shapes alone, and a second pass combines the
// partial results. All combinations are trees or sequences in a fixed order: results have the same
// bits each time, and sums of many float32 elements are accurate without doubles.
// - rows: x is contiguous along the reduced dimensions. A few lanes, a warp or a block reduce a
//   row, or a part of one.
// - columns: x is contiguous along the outer dimensions. Eight warps share 32 columns, and a thread
//   takes every eighth element of its column.
#include "backends/cuda/elementwise.cuh"
#include "backends/cuda/formulas.cuh"
#include "backends/cuda/kernels.h"

namespace tinygrad::cuda {
namespace {

/// Every GPU from compute capability 7.5 on holds so many blocks per multiprocessor at once.
constexpr int threads = 256, blocks_per_multiprocessor = 4;

// ------------------------------------------------------------ operators

struct Sum {
  template <class T> static __device__ __forceinline__ T identity() { return 0; }
  template <class T> __device__ __forceinline__ T operator()(T a, T b) const {
    return plain(Word<T>(a) + Word<T>(b));
  }
};
struct Product {
  template <class T> static __device__ __forceinline__ T identity() { return 1; }
  template <class T> __device__ __forceinline__ T operator()(T a, T b) const {
    return plain(Word<T>(a) * Word<T>(b));
  }
};
template <class T> __device__ __forceinline__ T max_value() {
  if constexpr (std::is_integral_v<T>) return INT64_MAX;
  else return T(INFINITY);
}
template <class T> __device__ __forceinline__ T min_value() {
  if constexpr (std::is_integral_v<T>) return INT64_MIN;
  else return T(-INFINITY);
}
/// NaN propagates.
struct Maximum {
  template <class T> static __device__ __forceinline__ T identity() { return min_value<T>(); }
  template <class T> __device__ __forceinline__ T operator()(T a, T b) const {
    return b > a || b != b ? b : a;
  }
};
struct Minimum {
  template <class T> static __device__ __forceinline__ T identity() { return max_value<T>(); }
  template <class T> __device__ __forceinline__ T operator()(T a, T b) const {
    return b < a || b != b ? b : a;
  }
};

// ------------------------------------------------------------ the kernels

template <class T> struct Reduction {
  Array<T> x, y;
  T* partials;  ///< if parts > 1: [outputs, parts] of rows, [parts, outputs] of columns
  OffsetCalculator<2> outer;    ///< over the outputs: x, y
  OffsetCalculator<1> reduced;  ///< over the items of one output, of one or four elements each: x
  std::uint32_t outputs, parts, part_size, size;  ///< sizes in items

  /// The offset of item i of an output from its first. One reduced dimension, the usual case, needs
  /// no index arithmetic.
  __device__ __forceinline__ std::int32_t offset(std::uint32_t i) const {
    std::int32_t at[1] = {std::int32_t(i) * reduced.strides[0][0]};
    if (reduced.rank > 1) reduced.offsets(i, at);
    return at[0];
  }
};

/// A thread's running results: one, or four, one for each element of a vector.
template <bool vec4, class T, class Op> struct Totals {
  static constexpr int count = vec4 ? 4 : 1;
  T at[count];
  __device__ __forceinline__ Totals() {
#pragma unroll
    for (int k = 0; k < count; ++k) at[k] = Op::template identity<T>();
  }
  /// Adds the items begin, begin + step, ... < end of the output whose elements begin at x's
  /// `first`. U loads are in flight at a time.
  static constexpr int U = 4;
  __device__ __forceinline__ void add(const Reduction<T>& r, std::int64_t first,
                                      std::uint32_t begin, std::uint32_t end, std::uint32_t step) {
    if constexpr (vec4)
      return with_stored(r.x,
                         [&]<class S>(const S* x) { add_vec4(r, x + first, begin, end, step); });
    else
      for (std::uint32_t i = begin; i < end; i += U * step) {
        T items[U];
#pragma unroll
        for (int u = 0; u < U; ++u)
          items[u] = i + u * step < end ? load(r.x, first + r.offset(i + u * step))
                                        : Op::template identity<T>();
#pragma unroll
        for (int u = 0; u < U; ++u)
          if (i + u * step < end) at[0] = Op()(at[0], items[u]);
      }
  }
  template <class S>
  __device__ __forceinline__ void add_vec4(const Reduction<T>& r, const S* x, std::uint32_t begin,
                                           std::uint32_t end, std::uint32_t step) {
    for (std::uint32_t i = begin; i < end; i += U * step) {
      Raw<S> items[U] = {};
#pragma unroll
      for (int u = 0; u < U; ++u)
        if (i + u * step < end)
          items[u] = *reinterpret_cast<const Raw<S>*>(x + r.offset(i + u * step));
#pragma unroll
      for (int u = 0; u < U; ++u) {
        if (i + u * step >= end) break;
#pragma unroll
        for (int k = 0; k < 4; ++k) at[k] = Op()(at[k], number_at<S>(items[u], k));
      }
    }
  }
  __device__ __forceinline__ T all() const {
    if constexpr (vec4) return Op()(Op()(at[0], at[1]), Op()(at[2], at[3]));
    else return at[0];
  }
};

/// `lanes` threads reduce a row, or a part of one. Bytes: x once; four loads per thread are in
/// flight at a time. Not measured yet: expected at nine tenths of the bandwidth if rows are long.
template <class T, class Op, int lanes, bool vec4>
__global__ void __launch_bounds__(threads, blocks_per_multiprocessor)
    reduce_rows(const Reduction<T> r) {
  const std::uint32_t index = blockIdx.x * (threads / lanes) + threadIdx.x / lanes,
                      lane = threadIdx.x % lanes;
  const bool is_valid = index < r.outputs * r.parts;  // every lane must take part in the reductions
  const std::uint32_t output = is_valid ? index / r.parts : 0, part = index % r.parts;
  std::int32_t at[2];
  r.outer.offsets(output, at);
  const std::uint32_t begin = part * r.part_size, end = !is_valid ? 0
                                                        : begin + r.part_size < r.size
                                                            ? begin + r.part_size
                                                            : r.size;
  Totals<vec4, T, Op> totals;
  totals.add(r, at[0], begin + lane, end, lanes);
  const T total = reduce_lanes<lanes>(totals.all(), Op());
  if (lane > 0 || !is_valid) return;
  if (r.parts == 1) store(r.y, at[1], total);
  else r.partials[index] = total;  // [outputs, parts]
}

/// A block reduces 32 columns, or 32 vectors of four, or a part of their length; each of its 8
/// warps takes every eighth element. Bytes: x once. Not measured yet: expected at nine tenths of
/// the bandwidth.
template <class T, class Op, bool vec4>
__global__ void __launch_bounds__(threads, blocks_per_multiprocessor)
    reduce_columns(const Reduction<T> r) {
  constexpr int width = vec4 ? 4 : 1, columns_per_block = 32,
                warps_per_column = threads / columns_per_block;
  __shared__ T shared[warps_per_column][columns_per_block * width];
  const std::uint32_t lane = threadIdx.x % columns_per_block,
                      warp = threadIdx.x / columns_per_block,
                      first = (blockIdx.x * columns_per_block + lane) * width, part = blockIdx.y;
  const bool is_valid = first < r.outputs;
  std::int32_t at[2];
  r.outer.offsets(is_valid ? first : 0, at);
  const std::uint32_t begin = part * r.part_size, end = !is_valid ? 0
                                                        : begin + r.part_size < r.size
                                                            ? begin + r.part_size
                                                            : r.size;
  Totals<vec4, T, Op> totals;
  totals.add(r, at[0], begin + warp, end, warps_per_column);
#pragma unroll
  for (int k = 0; k < width; ++k) shared[warp][k * columns_per_block + lane] = totals.at[k];
  __syncthreads();
  if (warp > 0 || !is_valid) return;
#pragma unroll
  for (int k = 0; k < width; ++k) {
    T total = shared[0][k * columns_per_block + lane];
#pragma unroll
    for (int d = 1; d < warps_per_column; ++d)
      total = Op()(total, shared[d][k * columns_per_block + lane]);
    if (r.parts > 1)
      r.partials[std::int64_t(part) * r.outputs + first + k] = total;  // [parts, outputs]
    else {
      r.outer.offsets(first + k, at);
      store(r.y, at[1], total);
    }
  }
}

// ------------------------------------------------------------ calls

constexpr std::int64_t enough_blocks = 4096;  // more would not be faster on any GPU
constexpr std::int64_t min_row_part = 4096;   // items of a part of a row, at least
constexpr std::int64_t min_column_part = 64;  // items of a part of a column, at least

std::int64_t magnitude(std::int64_t n) { return n < 0 ? -n : n; }
template <class T>
constexpr DType dtype_of = std::is_integral_v<T>       ? DType::int64
                           : std::is_same_v<T, double> ? DType::float64
                                                       : DType::float32;

/// Reduces elements computed in T by Op. outer: the layout of x and y over the outputs; reduced:
/// that of x over the elements of one output. may_split: the elements of an output may be split
/// into parts.
template <class T, class Op> class Reducer {
 public:
  Reducer(Runtime& runtime, const char* name, const Array<T>& y)
      : runtime_(runtime), name_(name), y_(y) {}

  void run(const Array<T>& x, const Layout& outer, const Layout& reduced, bool may_split) const {
    const bool by_rows = outer.count == 1 ||
                         (reduced.count > 1 &&
                          magnitude(reduced.inner_stride(0)) <= magnitude(outer.inner_stride(0)));
    if (by_rows) rows(x, outer, reduced, may_split);
    else columns(x, outer, reduced, may_split);
  }

 private:
  /// Returns whether x can be read in vectors of four along the innermost dimension of `along`, at
  /// every index of `others`.
  static bool can_use_vec4(const Array<T>& x, const Layout& along, const Layout& others) {
    if (!std::is_same_v<T, float> || along.inner_stride(0) != 1 || along.inner() % 4 != 0)
      return false;
    bool aligned = reinterpret_cast<std::uintptr_t>(x.at) % (4 * size_of(x.dtype)) == 0;
    for (int d = 0; d < along.rank - 1; ++d) aligned = aligned && along.strides[0][d] % 4 == 0;
    for (int d = 0; d < others.rank; ++d)
      aligned = aligned && (others.shape[d] == 1 || others.strides[0][d] % 4 == 0);
    return aligned;
  }
  Reduction<T> reduction(const Array<T>& x, const Layout& outer, const Layout& reduced,
                         std::int64_t wanted_parts) const {
    const std::int64_t part_size = ceil_div(reduced.count, std::max<std::int64_t>(wanted_parts, 1));
    return {x,
            y_,
            nullptr,
            OffsetCalculator<2>(outer),
            OffsetCalculator<1>(reduced),
            std::uint32_t(outer.count),
            std::uint32_t(ceil_div(reduced.count, part_size)),
            std::uint32_t(part_size),
            std::uint32_t(reduced.count)};
  }

  void rows(const Array<T>& x, const Layout& outer, Layout reduced, bool may_split) const {
    const bool vec4 = can_use_vec4(x, reduced, outer);
    if (vec4)
      reduced.shape[reduced.rank - 1] /= 4, reduced.strides[0][reduced.rank - 1] = 4,
                                                                              reduced.count /= 4;
    const std::int64_t wanted = may_split
                                    ? std::min(enough_blocks / std::min(enough_blocks, outer.count),
                                               reduced.count / min_row_part)
                                    : 1;
    Reduction<T> r = reduction(x, outer, reduced, wanted);
    const Scratch partials(
        runtime_, r.parts == 1 ? 0 : std::int64_t(r.outputs) * r.parts * std::int64_t(sizeof(T)));
    r.partials = partials.as<T>();
    if (reduced.count < 32) launch_rows<4>(r, vec4);
    else if (reduced.count <= 256 || (reduced.count <= 1024 && outer.count >= enough_blocks))
      launch_rows<32>(r, vec4);
    else launch_rows<threads>(r, vec4);
    if (r.parts > 1) finish(r, outer, 1, r.parts);
  }
  template <int lanes> void launch_rows(const Reduction<T>& r, bool vec4) const {
    const auto blocks = unsigned(ceil_div(std::int64_t(r.outputs) * r.parts, threads / lanes));
    if constexpr (std::is_same_v<T, float>)
      if (vec4) return launch(runtime_, name_, blocks, threads, reduce_rows<T, Op, lanes, true>, r);
    launch(runtime_, name_, blocks, threads, reduce_rows<T, Op, lanes, false>, r);
  }

  void columns(const Array<T>& x, const Layout& outer, const Layout& reduced,
               bool may_split) const {
    const bool vec4 = can_use_vec4(x, outer, reduced);
    const std::int64_t strips = ceil_div(outer.count, vec4 ? 128 : 32);
    Reduction<T> r = reduction(x, outer, reduced,
                               may_split ? std::min(enough_blocks / std::min(enough_blocks, strips),
                                                    reduced.count / min_column_part)
                                         : 1);
    const Scratch partials(
        runtime_, r.parts == 1 ? 0 : std::int64_t(r.outputs) * r.parts * std::int64_t(sizeof(T)));
    r.partials = partials.as<T>();
    const dim3 blocks(unsigned(strips), r.parts);
    bool done = false;
    if constexpr (std::is_same_v<T, float>)
      if (vec4)
        launch(runtime_, name_, blocks, threads, reduce_columns<T, Op, true>, r), done = true;
    if (!done) launch(runtime_, name_, blocks, threads, reduce_columns<T, Op, false>, r);
    if (r.parts > 1) finish(r, outer, r.outputs, 1);
  }

  /// y = the combined partial results of each output, which are part_stride apart; those of
  /// neighbouring outputs are output_stride apart.
  void finish(const Reduction<T>& r, Layout outer, std::int64_t part_stride,
              std::int64_t output_stride) const {
    Layout parts;
    parts.rank = 1, parts.count = parts.shape[0] = r.parts, parts.strides[0][0] = part_stride;
    for (int d = outer.rank - 1; d >= 0; output_stride *= outer.shape[d--])
      outer.strides[0][d] = output_stride;
    run({r.partials, dtype_of<T>, 1, 0}, outer, parts, false);
  }

  Runtime& runtime_;
  const char* name_;
  Array<T> y_;
};

template <class T, class Op>
void reduce_as(Runtime& runtime, const char* name, const View& x, const View& out,
               const Layout& outer, const Layout& reduced) {
  each_part(outer, 2, [&](const Layout& part, const std::int64_t* starts) {
    const Array<T> to = {begin_of<char>(out, starts[1]), out.dtype(), 1, 0},
                   from = {begin_of<char>(x, starts[0]), x.dtype(), 1, 0};
    Reducer<T, Op>(runtime, name, to).run(from, part, reduced, true);
  });
}
template <class T>
void reduce_in(Runtime& runtime, Reduce op, const View& x, const View& out, const Layout& outer,
               const Layout& reduced) {
  switch (op) {
    case Reduce::sum: return reduce_as<T, Sum>(runtime, "sum", x, out, outer, reduced);
    case Reduce::prod: return reduce_as<T, Product>(runtime, "prod", x, out, outer, reduced);
    case Reduce::max: return reduce_as<T, Maximum>(runtime, "amax", x, out, outer, reduced);
    case Reduce::min: return reduce_as<T, Minimum>(runtime, "amin", x, out, outer, reduced);
  }
}

/// For outputs of more elements than 31 bits can count: reduces each half along the longest
/// dimension, then the two results.
void reduce_halves(Runtime& runtime, Reduce op, const View& x, const View& out) {
  int longest = -1;
  for (int d = 0; d < x.rank(); ++d)
    if (out.size(d) == 1 && (longest < 0 || x.size(d) > x.size(longest))) longest = d;
  Shape shape = out.shape();
  shape[longest] = 2;
  const DType dtype = x.dtype() == DType::float64 ? DType::float64
                      : is_floating(x.dtype())    ? DType::float32
                                                  : DType::int64;
  const Scratch scratch(runtime, shape.count() * std::int64_t(size_of(dtype)));
  const View halves(scratch.memory(), dtype, shape, dense_strides(shape));
  const std::int64_t half = x.size(longest) / 2;
  reduce(runtime, op, x.narrow(longest, 0, half), halves.narrow(longest, 0, 1));
  reduce(runtime, op, x.narrow(longest, half, x.size(longest) - half),
         halves.narrow(longest, 1, 1));
  reduce(runtime, op, halves, out);
}

// ------------------------------------------------------------ argmax and argmin

template <class T> struct IndexedValue {
  T value;
  std::int64_t index;  // -1: none yet
};
template <class T>
__device__ __forceinline__ IndexedValue<T> shuffle_xor(const IndexedValue<T>& x, int mask) {
  return {cuda::shuffle_xor(x.value, mask), cuda::shuffle_xor(x.index, mask)};
}
/// ArgMax or ArgMin. Of equal values, and of NaNs, the first wins.
template <bool largest> struct ArgExtreme {
  template <class T>
  __device__ __forceinline__ IndexedValue<T> operator()(const IndexedValue<T>& a,
                                                        const IndexedValue<T>& b) const {
    if (a.index < 0 || b.index < 0) return a.index < 0 ? b : a;
    const bool a_is_nan = a.value != a.value, b_is_nan = b.value != b.value;
    const bool b_wins =
        a_is_nan ? false : b_is_nan || (largest ? b.value > a.value : b.value < a.value);
    const bool is_tie = a_is_nan ? b_is_nan : !b_is_nan && a.value == b.value;
    return is_tie ? (a.index < b.index ? a : b) : b_wins ? b : a;
  }
};

/// Arguments of argmax and argmin.
template <class T> struct ArgReduction {
  Array<T> x;
  std::int64_t* y;
  T* values;  ///< partial results, if parts > 1: [parts, outputs]
  std::int64_t* indices;
  OffsetCalculator<2> outer;  ///< over the outputs: x, y
  std::uint32_t outputs, parts;
  std::int64_t part_size, size, stride;  ///< stride: of x along the dimension
};

/// `lanes` threads search the slice of an output, or a part of it; neighbours have neighbouring
/// outputs.
template <class T, bool largest, int lanes>
__global__ void __launch_bounds__(threads) arg_reduce_parts(const ArgReduction<T> s) {
  const std::uint32_t index = blockIdx.x * (threads / lanes) + threadIdx.x / lanes,
                      lane = threadIdx.x % lanes;
  const bool is_valid = index < s.outputs * s.parts;
  const std::uint32_t output = is_valid ? index % s.outputs : 0, part = index / s.outputs;
  std::int32_t at[2];
  s.outer.offsets(output, at);
  const std::int64_t begin = part * s.part_size, end = !is_valid ? 0
                                                       : begin + s.part_size < s.size
                                                           ? begin + s.part_size
                                                           : s.size;
  IndexedValue<T> best = {0, -1};
#pragma unroll 4
  for (std::int64_t i = begin + lane; i < end; i += lanes)
    best = ArgExtreme<largest>()(best, {load(s.x, at[0] + i * s.stride), i});
  best = reduce_lanes<lanes>(best, ArgExtreme<largest>());
  if (lane > 0 || !is_valid) return;
  if (s.parts == 1) s.y[at[1]] = best.index;
  else s.values[index] = best.value, s.indices[index] = best.index;
}
/// One warp combines the partial results of an output.
template <class T, bool largest>
__global__ void __launch_bounds__(threads) arg_reduce_combine(const ArgReduction<T> s) {
  const std::uint32_t output = blockIdx.x * (threads / 32) + threadIdx.x / 32,
                      lane = threadIdx.x % 32;
  IndexedValue<T> best = {0, -1};
  for (std::uint32_t part = lane; part < s.parts && output < s.outputs; part += 32) {
    const std::uint32_t index = part * s.outputs + output;
    best = ArgExtreme<largest>()(best, {s.values[index], s.indices[index]});
  }
  best = reduce_lanes<32>(best, ArgExtreme<largest>());
  if (lane > 0 || output >= s.outputs) return;
  std::int32_t at[2];
  s.outer.offsets(output, at);
  s.y[at[1]] = best.index;
}

template <class T, bool largest, int lanes>
void launch_parts(Runtime& runtime, const ArgReduction<T>& s) {
  const auto blocks = unsigned(ceil_div(std::int64_t(s.outputs) * s.parts, threads / lanes));
  launch(runtime, largest ? "argmax" : "argmin", blocks, threads,
         arg_reduce_parts<T, largest, lanes>, s);
}
template <class T, bool largest> void arg_reduce_as(Runtime& runtime, ArgReduction<T> s) {
  // One thread per output, if x is contiguous along the outputs or slices are short.
  const bool by_threads = s.stride != 1 || s.size < 16;
  const std::int64_t min_part = by_threads ? 256 : 16384,
                     enough = by_threads ? enough_blocks * threads : enough_blocks;
  const std::int64_t wanted = std::max<std::int64_t>(
      1, std::min(enough / std::min<std::int64_t>(enough, s.outputs), s.size / min_part));
  s.part_size = ceil_div(s.size, wanted), s.parts = std::uint32_t(ceil_div(s.size, s.part_size));
  const std::int64_t partials = s.parts == 1 ? 0 : std::int64_t(s.outputs) * s.parts;
  const Scratch values(runtime, partials * std::int64_t(sizeof(T))),
      indices(runtime, partials * std::int64_t(sizeof(std::int64_t)));
  s.values = values.as<T>(), s.indices = indices.as<std::int64_t>();
  if (by_threads) launch_parts<T, largest, 1>(runtime, s);
  else if (s.size <= 2048) launch_parts<T, largest, 32>(runtime, s);
  else launch_parts<T, largest, threads>(runtime, s);
  if (s.parts > 1)
    launch(runtime, largest ? "argmax" : "argmin", unsigned(ceil_div(s.outputs, threads / 32)),
           threads, arg_reduce_combine<T, largest>, s);
}

}  // namespace

void reduce(Runtime& runtime, Reduce op, const View& x, const View& out) {
  if (out.count() == 0) return;
  if (x.count() == 0) return fill(runtime, out, op == Reduce::prod ? Scalar(1) : Scalar(0));
  Dims outer_shape, x_strides, out_strides, reduced_shape, reduced_strides;
  for (int d = 0; d < x.rank(); ++d) {
    if (out.size(d) == 1)
      reduced_shape.push_back(x.size(d)), reduced_strides.push_back(x.stride(d));
    else
      outer_shape.push_back(x.size(d)), x_strides.push_back(x.stride(d)),
          out_strides.push_back(out.stride(d));
  }
  const Extents outer_extents[] = {{outer_shape.rank(), outer_shape.begin(), x_strides.begin()},
                                   {outer_shape.rank(), outer_shape.begin(), out_strides.begin()}};
  const Extents reduced_extents[] = {
      {reduced_shape.rank(), reduced_shape.begin(), reduced_strides.begin()}};
  const Layout outer = make_layout(outer_extents, 2, true),
               reduced = make_layout(reduced_extents, 1, true);
  if (!fits_32_bits(reduced, 1)) return reduce_halves(runtime, op, x, out);
  with_computed(x.dtype(),
                [&](auto zero) { reduce_in<decltype(zero)>(runtime, op, x, out, outer, reduced); });
}

void arg_reduce(Runtime& runtime, ArgReduce op, const View& x, int dim, const View& out) {
  if (out.count() == 0 || x.count() == 0) return;
  const Extents extents[] = {{out.rank(), out.shape().begin(), x.strides().begin()},
                             {out.rank(), out.shape().begin(), out.strides().begin()}};
  each_part(make_layout(extents, 2, true), 2, [&](const Layout& part, const std::int64_t* starts) {
    with_computed(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      ArgReduction<T> s = {};
      s.x = {begin_of<char>(x, starts[0]), x.dtype(), 1, 0},
      s.y = begin_of<std::int64_t>(out, starts[1]), s.outer = OffsetCalculator<2>(part);
      s.outputs = std::uint32_t(part.count), s.size = x.rank() ? x.size(dim) : 1,
      s.stride = x.rank() ? x.stride(dim) : 1;
      if (op == ArgReduce::max) arg_reduce_as<T, true>(runtime, s);
      else arg_reduce_as<T, false>(runtime, s);
    });
  });
}

}  // namespace tinygrad::cuda
