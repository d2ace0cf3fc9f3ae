// Reductions over any set of dimensions, and the place of an extreme along one.
//
// x's dimensions are split into those kept, which name an output, and those reduced; both are
// walked in memory order. What is reduced is cut into pieces whose borders depend on shapes alone;
// where there is more than one, a second pass joins them. All joins are trees or sequences in a
// fixed order: sums have the same bits each time, and many float32 numbers stay exact without
// doubles.
// - rows: x is contiguous along what is reduced: some lanes, a warp or a block have a row, or a
// piece of one.
// - columns: x is contiguous along what is kept: a thread goes down its columns, eight threads
// share them.
#include "backends/cuda/elementwise.cuh"
#include "backends/cuda/formulas.cuh"
#include "backends/cuda/kernels.h"

namespace tinygrad::cuda {
namespace {

constexpr int threads = 256,
              blocks_anywhere = 4;  // that a multiprocessor of every GPU from 7.5 on holds at once

// ------------------------------------------------------------ what is joined

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
template <class T> __device__ __forceinline__ T highest() {
  if constexpr (std::is_integral_v<T>) return INT64_MAX;
  else return T(INFINITY);
}
template <class T> __device__ __forceinline__ T lowest() {
  if constexpr (std::is_integral_v<T>) return INT64_MIN;
  else return T(-INFINITY);
}
/// NaN wins.
struct Maximum {
  template <class T> static __device__ __forceinline__ T identity() { return lowest<T>(); }
  template <class T> __device__ __forceinline__ T operator()(T a, T b) const {
    return b > a || b != b ? b : a;
  }
};
struct Minimum {
  template <class T> static __device__ __forceinline__ T identity() { return highest<T>(); }
  template <class T> __device__ __forceinline__ T operator()(T a, T b) const {
    return b < a || b != b ? b : a;
  }
};

// ------------------------------------------------------------ the kernels

template <class T> struct Reduction {
  Array<T> x, y;
  T* parts;                     ///< where there is more than one piece
  OffsetCalculator<2> kept;     ///< outputs: x, y
  OffsetCalculator<1> reduced;  ///< what an output is made of, in items of one or four elements: x
  std::uint32_t outputs, pieces, piece_size, size;  ///< sizes in items

  /// Where item i of an output lies, from the first. One dimension, which is nearly always, needs
  /// no walk.
  __device__ __forceinline__ std::int32_t offset(std::uint32_t i) const {
    std::int32_t at[1] = {std::int32_t(i) * reduced.strides[0][0]};
    if (reduced.rank > 1) reduced.offsets(i, at);
    return at[0];
  }
};

/// An item, joined to the totals: one element, or four to four totals.
template <bool fours, class T, class Op> struct Totals {
  static constexpr int count = fours ? 4 : 1;
  T at[count];
  __device__ __forceinline__ Totals() {
#pragma unroll
    for (int k = 0; k < count; ++k) at[k] = Op::template identity<T>();
  }
  /// Items begin, begin + step, ... < end of the output whose numbers begin at x's `first`: U of
  /// them on their way at a time.
  static constexpr int U = 4;
  __device__ __forceinline__ void join_all(const Reduction<T>& r, std::int64_t first,
                                           std::uint32_t begin, std::uint32_t end,
                                           std::uint32_t step) {
    if constexpr (fours)
      return with_stored(r.x,
                         [&]<class S>(const S* x) { join_fours(r, x + first, begin, end, step); });
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
  __device__ __forceinline__ void join_fours(const Reduction<T>& r, const S* x, std::uint32_t begin,
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
    if constexpr (fours) return Op()(Op()(at[0], at[1]), Op()(at[2], at[3]));
    else return at[0];
  }
};

/// `lanes` threads have a row, or a piece of one. Bytes: x once; four loads of a thread are on
/// their way at a time. Expected at nine tenths of the bandwidth where rows are long; not measured.
template <class T, class Op, int lanes, bool fours>
__global__ void __launch_bounds__(threads, blocks_anywhere) reduce_rows(const Reduction<T> r) {
  const std::uint32_t number = blockIdx.x * (threads / lanes) + threadIdx.x / lanes,
                      lane = threadIdx.x % lanes;
  const bool is_there = number < r.outputs * r.pieces;  // every lane comes to the joins
  const std::uint32_t output = is_there ? number / r.pieces : 0, piece = number % r.pieces;
  std::int32_t at[2];
  r.kept.offsets(output, at);
  const std::uint32_t begin = piece * r.piece_size, end = !is_there ? 0
                                                          : begin + r.piece_size < r.size
                                                              ? begin + r.piece_size
                                                              : r.size;
  Totals<fours, T, Op> totals;
  totals.join_all(r, at[0], begin + lane, end, lanes);
  const T total = reduce_lanes<lanes>(totals.all(), Op());
  if (lane > 0 || !is_there) return;
  if (r.pieces == 1) store(r.y, at[1], total);
  else r.parts[number] = total;  // [outputs, pieces]
}

/// A block has 32 columns, or 32 times four, and a piece of their length; its 8 warps take turns
/// down it. Bytes: x once. Expected at nine tenths of the bandwidth; not measured.
template <class T, class Op, bool fours>
__global__ void __launch_bounds__(threads, blocks_anywhere) reduce_columns(const Reduction<T> r) {
  constexpr int width = fours ? 4 : 1, across = 32, down = threads / across;
  __shared__ T room[down][across * width];
  const std::uint32_t lane = threadIdx.x % across, line = threadIdx.x / across,
                      first = (blockIdx.x * across + lane) * width, piece = blockIdx.y;
  const bool is_there = first < r.outputs;
  std::int32_t at[2];
  r.kept.offsets(is_there ? first : 0, at);
  const std::uint32_t begin = piece * r.piece_size, end = !is_there ? 0
                                                          : begin + r.piece_size < r.size
                                                              ? begin + r.piece_size
                                                              : r.size;
  Totals<fours, T, Op> totals;
  totals.join_all(r, at[0], begin + line, end, down);
#pragma unroll
  for (int k = 0; k < width; ++k) room[line][k * across + lane] = totals.at[k];
  __syncthreads();
  if (line > 0 || !is_there) return;
#pragma unroll
  for (int k = 0; k < width; ++k) {
    T total = room[0][k * across + lane];
#pragma unroll
    for (int d = 1; d < down; ++d) total = Op()(total, room[d][k * across + lane]);
    if (r.pieces > 1)
      r.parts[std::int64_t(piece) * r.outputs + first + k] = total;  // [pieces, outputs]
    else {
      r.kept.offsets(first + k, at);
      store(r.y, at[1], total);
    }
  }
}

// ------------------------------------------------------------ calls

constexpr std::int64_t busy = 4096;        // blocks beyond which more would not be faster
constexpr std::int64_t long_piece = 4096;  // items of a row's piece, at least
constexpr std::int64_t short_piece = 64;   // items of a column's piece, at least

std::int64_t magnitude(std::int64_t n) { return n < 0 ? -n : n; }
template <class T>
constexpr DType own_dtype = std::is_integral_v<T>       ? DType::int64
                            : std::is_same_v<T, double> ? DType::float64
                                                        : DType::float32;

/// A reduction of T by Op. kept: x and y; reduced: x.
template <class T, class Op> class Call {
 public:
  Call(Runtime& runtime, const char* name, const Array<T>& y)
      : runtime_(runtime), name_(name), y_(y) {}

  void run(const Array<T>& x, const Layout& kept, const Layout& reduced, bool may_cut) const {
    const bool by_rows =
        kept.count == 1 || (reduced.count > 1 &&
                            magnitude(reduced.inner_stride(0)) <= magnitude(kept.inner_stride(0)));
    if (by_rows) rows(x, kept, reduced, may_cut);
    else columns(x, kept, reduced, may_cut);
  }

 private:
  /// Whether x can be read in fours along the innermost of `along`, whatever the place in `others`.
  static bool in_fours(const Array<T>& x, const Layout& along, const Layout& others) {
    if (!std::is_same_v<T, float> || along.inner_stride(0) != 1 || along.inner() % 4 != 0)
      return false;
    bool aligned = reinterpret_cast<std::uintptr_t>(x.at) % (4 * size_of(x.dtype)) == 0;
    for (int d = 0; d < along.rank - 1; ++d) aligned = aligned && along.strides[0][d] % 4 == 0;
    for (int d = 0; d < others.rank; ++d)
      aligned = aligned && (others.shape[d] == 1 || others.strides[0][d] % 4 == 0);
    return aligned;
  }
  Reduction<T> reduction(const Array<T>& x, const Layout& kept, const Layout& reduced,
                         std::int64_t wanted) const {
    const std::int64_t piece = ceil_div(reduced.count, std::max<std::int64_t>(wanted, 1));
    return {x,
            y_,
            nullptr,
            OffsetCalculator<2>(kept),
            OffsetCalculator<1>(reduced),
            std::uint32_t(kept.count),
            std::uint32_t(ceil_div(reduced.count, piece)),
            std::uint32_t(piece),
            std::uint32_t(reduced.count)};
  }

  void rows(const Array<T>& x, const Layout& kept, Layout reduced, bool may_cut) const {
    const bool fours = in_fours(x, reduced, kept);
    if (fours)
      reduced.shape[reduced.rank - 1] /= 4, reduced.strides[0][reduced.rank - 1] = 4,
                                                                              reduced.count /= 4;
    const std::int64_t wanted =
        may_cut ? std::min(busy / std::min(busy, kept.count), reduced.count / long_piece) : 1;
    Reduction<T> r = reduction(x, kept, reduced, wanted);
    const Scratch parts(
        runtime_, r.pieces == 1 ? 0 : std::int64_t(r.outputs) * r.pieces * std::int64_t(sizeof(T)));
    r.parts = parts.as<T>();
    if (reduced.count < 32) launch_rows<4>(r, fours);
    else if (reduced.count <= 256 || (reduced.count <= 1024 && kept.count >= busy))
      launch_rows<32>(r, fours);
    else launch_rows<threads>(r, fours);
    if (r.pieces > 1) finish(r, kept, 1, r.pieces);
  }
  template <int lanes> void launch_rows(const Reduction<T>& r, bool fours) const {
    const auto blocks = unsigned(ceil_div(std::int64_t(r.outputs) * r.pieces, threads / lanes));
    if constexpr (std::is_same_v<T, float>)
      if (fours)
        return launch(runtime_, name_, blocks, threads, reduce_rows<T, Op, lanes, true>, r);
    launch(runtime_, name_, blocks, threads, reduce_rows<T, Op, lanes, false>, r);
  }

  void columns(const Array<T>& x, const Layout& kept, const Layout& reduced, bool may_cut) const {
    const bool fours = in_fours(x, kept, reduced);
    const std::int64_t strips = ceil_div(kept.count, fours ? 128 : 32);
    Reduction<T> r = reduction(
        x, kept, reduced,
        may_cut ? std::min(busy / std::min(busy, strips), reduced.count / short_piece) : 1);
    const Scratch parts(
        runtime_, r.pieces == 1 ? 0 : std::int64_t(r.outputs) * r.pieces * std::int64_t(sizeof(T)));
    r.parts = parts.as<T>();
    const dim3 blocks(unsigned(strips), r.pieces);
    bool done = false;
    if constexpr (std::is_same_v<T, float>)
      if (fours)
        launch(runtime_, name_, blocks, threads, reduce_columns<T, Op, true>, r), done = true;
    if (!done) launch(runtime_, name_, blocks, threads, reduce_columns<T, Op, false>, r);
    if (r.pieces > 1) finish(r, kept, r.outputs, 1);
  }

  /// y = the parts of each output: `step` from one to the next, `outer` from one output to the
  /// next.
  void finish(const Reduction<T>& r, Layout kept, std::int64_t step, std::int64_t outer) const {
    Layout pieces;
    pieces.rank = 1, pieces.count = pieces.shape[0] = r.pieces, pieces.strides[0][0] = step;
    for (int d = kept.rank - 1; d >= 0; outer *= kept.shape[d--]) kept.strides[0][d] = outer;
    run({r.parts, own_dtype<T>, 1, 0}, kept, pieces, false);
  }

  Runtime& runtime_;
  const char* name_;
  Array<T> y_;
};

template <class T, class Op>
void reduce_as(Runtime& runtime, const char* name, const View& x, const View& out,
               const Layout& kept, const Layout& reduced) {
  each_part(kept, 2, [&](const Layout& part, const std::int64_t* starts) {
    const Array<T> to = {begin_of<char>(out, starts[1]), out.dtype(), 1, 0},
                   from = {begin_of<char>(x, starts[0]), x.dtype(), 1, 0};
    Call<T, Op>(runtime, name, to).run(from, part, reduced, true);
  });
}
template <class T>
void reduce_in(Runtime& runtime, Reduce op, const View& x, const View& out, const Layout& kept,
               const Layout& reduced) {
  switch (op) {
    case Reduce::sum: return reduce_as<T, Sum>(runtime, "sum", x, out, kept, reduced);
    case Reduce::prod: return reduce_as<T, Product>(runtime, "prod", x, out, kept, reduced);
    case Reduce::max: return reduce_as<T, Maximum>(runtime, "amax", x, out, kept, reduced);
    case Reduce::min: return reduce_as<T, Minimum>(runtime, "amin", x, out, kept, reduced);
  }
}

/// More numbers to an output than 31 bits count: in two halves along the longest dimension, which
/// are reduced then.
void reduce_halves(Runtime& runtime, Reduce op, const View& x, const View& out) {
  int longest = -1;
  for (int d = 0; d < x.rank(); ++d)
    if (out.size(d) == 1 && (longest < 0 || x.size(d) > x.size(longest))) longest = d;
  Shape shape = out.shape();
  shape[longest] = 2;
  const DType dtype = x.dtype() == DType::float64 ? DType::float64
                      : is_floating(x.dtype())    ? DType::float32
                                                  : DType::int64;
  const Scratch room(runtime, shape.count() * std::int64_t(size_of(dtype)));
  const View halves(room.memory(), dtype, shape, dense_strides(shape));
  const std::int64_t half = x.size(longest) / 2;
  reduce(runtime, op, x.narrow(longest, 0, half), halves.narrow(longest, 0, 1));
  reduce(runtime, op, x.narrow(longest, half, x.size(longest) - half),
         halves.narrow(longest, 1, 1));
  reduce(runtime, op, halves, out);
}

// ------------------------------------------------------------ the place of an extreme

template <class T> struct Best {
  T value;
  std::int64_t place;  // -1: none
};
template <class T> __device__ __forceinline__ Best<T> shuffle_xor(const Best<T>& x, int mask) {
  return {cuda::shuffle_xor(x.value, mask), cuda::shuffle_xor(x.place, mask)};
}
/// The first of equals, and the first NaN.
template <bool largest> struct Better {
  template <class T>
  __device__ __forceinline__ Best<T> operator()(const Best<T>& a, const Best<T>& b) const {
    if (a.place < 0 || b.place < 0) return a.place < 0 ? b : a;
    const bool a_is_nan = a.value != a.value, b_is_nan = b.value != b.value;
    const bool b_wins =
        a_is_nan ? false : b_is_nan || (largest ? b.value > a.value : b.value < a.value);
    const bool is_tie = a_is_nan ? b_is_nan : !b_is_nan && a.value == b.value;
    return is_tie ? (a.place < b.place ? a : b) : b_wins ? b : a;
  }
};

template <class T> struct Search {
  Array<T> x;
  std::int64_t* y;
  T* values;  ///< of pieces, where there is more than one: [pieces, outputs]
  std::int64_t* places;
  OffsetCalculator<2> lines;  ///< x, y
  std::uint32_t outputs, pieces;
  std::int64_t piece_size, size, step;
};

/// `lanes` threads look through a line, or a piece of one; neighbours have neighbouring lines.
template <class T, bool largest, int lanes>
__global__ void __launch_bounds__(threads) search(const Search<T> s) {
  const std::uint32_t number = blockIdx.x * (threads / lanes) + threadIdx.x / lanes,
                      lane = threadIdx.x % lanes;
  const bool is_there = number < s.outputs * s.pieces;
  const std::uint32_t output = is_there ? number % s.outputs : 0, piece = number / s.outputs;
  std::int32_t at[2];
  s.lines.offsets(output, at);
  const std::int64_t begin = piece * s.piece_size, end = !is_there ? 0
                                                         : begin + s.piece_size < s.size
                                                             ? begin + s.piece_size
                                                             : s.size;
  Best<T> best = {0, -1};
#pragma unroll 4
  for (std::int64_t i = begin + lane; i < end; i += lanes)
    best = Better<largest>()(best, {load(s.x, at[0] + i * s.step), i});
  best = reduce_lanes<lanes>(best, Better<largest>());
  if (lane > 0 || !is_there) return;
  if (s.pieces == 1) s.y[at[1]] = best.place;
  else s.values[number] = best.value, s.places[number] = best.place;
}
/// A warp chooses among an output's pieces.
template <class T, bool largest>
__global__ void __launch_bounds__(threads) choose(const Search<T> s) {
  const std::uint32_t output = blockIdx.x * (threads / 32) + threadIdx.x / 32,
                      lane = threadIdx.x % 32;
  Best<T> best = {0, -1};
  for (std::uint32_t piece = lane; piece < s.pieces && output < s.outputs; piece += 32) {
    const std::uint32_t number = piece * s.outputs + output;
    best = Better<largest>()(best, {s.values[number], s.places[number]});
  }
  best = reduce_lanes<32>(best, Better<largest>());
  if (lane > 0 || output >= s.outputs) return;
  std::int32_t at[2];
  s.lines.offsets(output, at);
  s.y[at[1]] = best.place;
}

template <class T, bool largest, int lanes>
void launch_search(Runtime& runtime, const Search<T>& s) {
  const auto blocks = unsigned(ceil_div(std::int64_t(s.outputs) * s.pieces, threads / lanes));
  launch(runtime, largest ? "argmax" : "argmin", blocks, threads, search<T, largest, lanes>, s);
}
template <class T, bool largest> void arg_reduce_as(Runtime& runtime, Search<T> s) {
  const bool by_threads =
      s.step != 1 || s.size < 16;  // a thread a line: neighbours lie side by side
  const std::int64_t a_piece = by_threads ? 256 : 16384,
                     enough = by_threads ? busy * threads : busy;
  const std::int64_t wanted = std::max<std::int64_t>(
      1, std::min(enough / std::min<std::int64_t>(enough, s.outputs), s.size / a_piece));
  s.piece_size = ceil_div(s.size, wanted), s.pieces = std::uint32_t(ceil_div(s.size, s.piece_size));
  const std::int64_t parts = s.pieces == 1 ? 0 : std::int64_t(s.outputs) * s.pieces;
  const Scratch values(runtime, parts * std::int64_t(sizeof(T))),
      places(runtime, parts * std::int64_t(sizeof(std::int64_t)));
  s.values = values.as<T>(), s.places = places.as<std::int64_t>();
  if (by_threads) launch_search<T, largest, 1>(runtime, s);
  else if (s.size <= 2048) launch_search<T, largest, 32>(runtime, s);
  else launch_search<T, largest, threads>(runtime, s);
  if (s.pieces > 1)
    launch(runtime, largest ? "argmax" : "argmin", unsigned(ceil_div(s.outputs, threads / 32)),
           threads, choose<T, largest>, s);
}

}  // namespace

void reduce(Runtime& runtime, Reduce op, const View& x, const View& out) {
  if (out.count() == 0) return;
  if (x.count() == 0) return fill(runtime, out, op == Reduce::prod ? Scalar(1) : Scalar(0));
  Dims shape, size, of_x, of_out, along;
  for (int d = 0; d < x.rank(); ++d) {
    if (out.size(d) == 1) size.push_back(x.size(d)), along.push_back(x.stride(d));
    else shape.push_back(x.size(d)), of_x.push_back(x.stride(d)), of_out.push_back(out.stride(d));
  }
  const Extents kept[] = {{shape.rank(), shape.begin(), of_x.begin()},
                          {shape.rank(), shape.begin(), of_out.begin()}};
  const Extents reduced[] = {{size.rank(), size.begin(), along.begin()}};
  const Layout outputs = make_layout(kept, 2, true), numbers = make_layout(reduced, 1, true);
  if (!fits_32_bits(numbers, 1)) return reduce_halves(runtime, op, x, out);
  with_computed(x.dtype(), [&](auto zero) {
    reduce_in<decltype(zero)>(runtime, op, x, out, outputs, numbers);
  });
}

void arg_reduce(Runtime& runtime, ArgReduce op, const View& x, int dim, const View& out) {
  if (out.count() == 0 || x.count() == 0) return;
  const Extents extents[] = {{out.rank(), out.shape().begin(), x.strides().begin()},
                             {out.rank(), out.shape().begin(), out.strides().begin()}};
  each_part(make_layout(extents, 2, true), 2, [&](const Layout& lines, const std::int64_t* starts) {
    with_computed(x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      Search<T> s = {};
      s.x = {begin_of<char>(x, starts[0]), x.dtype(), 1, 0},
      s.y = begin_of<std::int64_t>(out, starts[1]), s.lines = OffsetCalculator<2>(lines);
      s.outputs = std::uint32_t(lines.count), s.size = x.rank() ? x.size(dim) : 1,
      s.step = x.rank() ? x.stride(dim) : 1;
      if (op == ArgReduce::max) arg_reduce_as<T, true>(runtime, s);
      else arg_reduce_as<T, false>(runtime, s);
    });
  });
}

}  // namespace tinygrad::cuda
