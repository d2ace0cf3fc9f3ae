// SPDX-License-Identifier: MIT
// gather, scatter, and the check of every index before one is used. The kernels that use indices
// skip the bad ones.
#include "backends/common/views.h"
#include "backends/cuda/dense.h"
#include "backends/cuda/elementwise.cuh"
#include "backends/cuda/formulas.cuh"
#include "backends/cuda/launch.h"

namespace tinygrad::cuda {
namespace {

constexpr int threads = 256;
using Slot = BadIndices::Slot;

// ------------------------------------------------------------ the check

/// The lower of two positions; -1 is none.
struct First {
  __device__ __forceinline__ std::int64_t operator()(std::int64_t a, std::int64_t b) const {
    return a < 0 || (b >= 0 && b < a) ? b : a;
  }
};
struct Indices {
  const std::int64_t* at;
  std::int64_t count, step;
  bool is_vector;  ///< elements `step` apart; otherwise the calculator gives their offsets
  OffsetCalculator<1> calculator;
  __device__ __forceinline__ std::int64_t value(std::int64_t i) const {
    if (is_vector) return at[i * step];
    std::int32_t offset[1];
    calculator.offsets(std::uint32_t(i), offset);
    return at[offset[0]];
  }
};
/// Each block writes to its slot the first index that it finds not in [0, size): position and
/// value, or position -1.
__global__ void __launch_bounds__(threads)
    check(const Indices index, Slot* slots, const std::int64_t size) {
  std::int64_t bad = -1;
  for (std::int64_t i = blockIdx.x * threads + threadIdx.x; i < index.count && bad < 0;
       i += gridDim.x * threads) {
    const std::int64_t value = index.value(i);
    if (value < 0 || value >= size) bad = i;
  }
  const std::int64_t first = reduce_lanes<threads>(bad, First());
  if (threadIdx.x == 0) slots[blockIdx.x] = {first, first >= 0 ? index.value(first) : 0};
}

// ------------------------------------------------------------ gather

/// out = x at index along a dimension of `size` words `step` apart, in words W. Operands of the
/// calculator: out, index, and x without that dimension. Bytes: out once, and as many of x; if the
/// index repeats along rows, it is read from the cache. Expected at four fifths of the bandwidth if
/// rows are long; not measured.
template <class W>
__global__ void __launch_bounds__(threads)
    gather_words(W* out, const W* x, const std::int64_t* index, const std::int64_t size,
                 const std::int64_t step, const OffsetCalculator<3> calculator,
                 const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  std::int32_t at[3];
  calculator.offsets(i, at);
  const std::int64_t place = index[at[1]];
  if (place >= 0 && place < size) out[at[0]] = x[at[2] + place * step];
}

struct alignas(16) Word16 {
  std::uint32_t words[4];
};
/// The bytes of the widest word in which rows can be gathered: out and x are contiguous along the
/// rows, and the index repeats.
int word_bytes(const Layout& l, const char* out, const char* x, std::int64_t step, int size) {
  if (l.inner_stride(0) != 1 || l.inner_stride(1) != 0 || l.inner_stride(2) != 1) return size;
  for (int word = 16; word > size; word /= 2) {
    const int elements = word / size;
    bool fits = l.inner() % elements == 0 && step % elements == 0;
    fits = fits && reinterpret_cast<std::uintptr_t>(out) % word == 0 &&
           reinterpret_cast<std::uintptr_t>(x) % word == 0;
    for (int d = 0; d < l.rank - 1; ++d)
      fits = fits && l.strides[0][d] % elements == 0 && l.strides[2][d] % elements == 0;
    if (fits) return word;
  }
  return size;
}
template <class W>
void gather_as(Runtime& runtime, char* out, const char* x, const std::int64_t* index,
               std::int64_t size, std::int64_t step, const Layout& l) {
  launch(runtime, "gather", unsigned(ceil_div(l.count, threads)), threads, gather_words<W>,
         reinterpret_cast<W*>(out), reinterpret_cast<const W*>(x), index, size, step,
         OffsetCalculator<3>(l), std::uint32_t(l.count));
}
void gather_part(Runtime& runtime, char* out, const char* x, const std::int64_t* index,
                 std::int64_t size, std::int64_t step, Layout l, int bytes) {
  const int word = word_bytes(l, out, x, step, bytes), elements = word / bytes;
  l.count /= elements, l.shape[l.rank - 1] /= elements, step /= elements;
  for (int k : {0, 2})
    for (int d = 0; d < l.rank - 1; ++d) l.strides[k][d] /= elements;
  switch (word) {
    case 16: return gather_as<Word16>(runtime, out, x, index, size, step, l);
    case 8: return gather_as<std::uint64_t>(runtime, out, x, index, size, step, l);
    case 4: return gather_as<std::uint32_t>(runtime, out, x, index, size, step, l);
    case 2: return gather_as<std::uint16_t>(runtime, out, x, index, size, step, l);
    default: return gather_as<std::uint8_t>(runtime, out, x, index, size, step, l);
  }
}

// ------------------------------------------------------------ scatter

template <class T> struct Scatter {
  Array<T> out, x;
  const std::int64_t* index;
  OffsetCalculator<3> lines;      ///< out, index, x without the dimension
  std::uint32_t count, segments;  ///< of lines, and of each line of out
  std::int64_t segment, size,
      sources;  ///< elements of a segment, of a line of out, and of a line of x
  std::int64_t out_step, index_step, x_step;  ///< along the dimension
  T* errors;  ///< the rounding error of each sum in out; null if sums are short, or of integers
};

/// A line of out, to which a thread writes its sources in order: an element that is named more than
/// once gets the last source, or the sum. As long as the same element is named, its sum stays in a
/// register.
template <class T, bool add> struct Line {
  const Scatter<T>& s;
  std::int64_t out, x, kept = -1;
  CompensatedSum<Word<T>> sum;
  __device__ __forceinline__ Line(const Scatter<T>& s, const std::int32_t (&at)[3])
      : s(s), out(at[0]), x(at[2]) {}
  __device__ __forceinline__ void take(std::int64_t place, std::int64_t source) {
    const T value = load(s.x, x + source * s.x_step);
    if constexpr (add) {
      if (place != kept) {
        finish();
        const std::int64_t at = out + place * s.out_step;
        kept = place, sum = {Word<T>(load(s.out, at)), Word<T>(s.errors ? s.errors[at] : T(0))};
      }
      sum += Word<T>(value);
    } else {
      store(s.out, out + place * s.out_step, value);
    }
  }
  __device__ __forceinline__ void finish() const {
    if (kept < 0) return;
    const std::int64_t at = out + kept * s.out_step;
    store(s.out, at, plain(sum.total));
    if (s.errors) s.errors[at] = plain(sum.error);
  }
};

/// The lines of out along a dimension are cut into segments. A thread has a segment of a line; it
/// visits the line's sources in order, and writes those whose index lies in the segment.
/// Instructions limit it: about four for each source and segment of a line.
template <class T, bool add>
__global__ void __launch_bounds__(threads) scatter_lines(const Scatter<T> s) {
  const std::uint32_t number = blockIdx.x * threads + threadIdx.x;
  if (number >= s.count * s.segments) return;
  const std::int64_t low = std::int64_t(number / s.count) * s.segment,
                     high = low + s.segment < s.size ? low + s.segment : s.size;
  std::int32_t at[3];
  s.lines.offsets(number % s.count, at);
  Line<T, add> line(s, at);
  for (std::int64_t i = 0; i < s.sources; ++i) {
    const std::int64_t place = s.index[at[1] + i * s.index_step];
    if (place >= low && place < high) line.take(place, i);
  }
  line.finish();
}

/// The same if all lines have one index (rows of a matrix, as in an embedding): a block has one
/// segment of `threads` lines. For a piece of the index at a time, its threads together select the
/// sources whose index lies in the segment; then each thread visits only these. Bytes: the index
/// once for each block, from the cache; x and the named elements of out once.
template <class T, bool add>
__global__ void __launch_bounds__(threads) scatter_rows(const Scatter<T> s) {
  constexpr int each = 4;
  __shared__ std::int64_t places[threads * each], sources[threads * each];
  const std::uint32_t number = blockIdx.x * threads + threadIdx.x;
  const bool is_there = number < s.count;
  const std::int64_t low = blockIdx.y * s.segment,
                     high = low + s.segment < s.size ? low + s.segment : s.size;
  std::int32_t at[3];
  s.lines.offsets(is_there ? number : 0, at);
  Line<T, add> line(s, at);
  for (std::int64_t first = 0; first < s.sources; first += threads * each) {
    std::int64_t place[each];
    int picked = 0, all = 0;
#pragma unroll
    for (int k = 0; k < each; ++k) {
      const std::int64_t i = first + threadIdx.x * each + k;
      place[k] = i < s.sources ? s.index[at[1] + i * s.index_step] : -1;
      picked += place[k] >= low && place[k] < high;
    }
    int to = exclusive_sum<threads>(picked,
                                    all);  // it synchronizes: all threads have left the last piece
#pragma unroll
    for (int k = 0; k < each; ++k)
      if (place[k] >= low && place[k] < high)
        places[to] = place[k], sources[to++] = first + threadIdx.x * each + k;
    __syncthreads();
    for (int n = 0; is_there && n < all; ++n) line.take(places[n], sources[n]);
  }
  if (is_there) line.finish();
}

/// The threads, and the blocks if all lines have one index, that keep a device busy: lines are cut
/// into segments until there are so many.
constexpr std::int64_t busy = 1 << 17, busy_blocks = busy / threads;
/// Sources of a line from which on its sums carry their rounding errors along: floats would drift.
constexpr std::int64_t many_sources = 1024;

template <class T> void scatter_as(Runtime& runtime, Scatter<T> s, bool is_shared, Write how) {
  const std::int64_t across = ceil_div(s.count, threads),
                     most = is_shared ? busy_blocks / across : busy / s.count;
  s.segment =
      s.sources < 16 ? s.size : ceil_div(s.size, std::max<std::int64_t>(1, std::min(s.size, most)));
  s.segments = std::uint32_t(ceil_div(s.size, s.segment));
  const bool adds = how == Write::add;
  if (is_shared)
    return launch(runtime, "scatter", dim3(unsigned(across), s.segments), threads,
                  adds ? scatter_rows<T, true> : scatter_rows<T, false>, s);
  launch(runtime, "scatter", unsigned(ceil_div(std::int64_t(s.count) * s.segments, threads)),
         threads, adds ? scatter_lines<T, true> : scatter_lines<T, false>, s);
}

Strides without(Strides strides, int dim) {
  strides[dim] = 0;
  return strides;
}
View as_vector(const View& v) { return v.reshaped({1}, {1}, v.offset()); }

}  // namespace

void check_index(Runtime& runtime, const View& index, std::int64_t size) {
  if (index.count() == 0) return;
  const View once = without_broadcast(index);
  const Extents extents[] = {extents_of(once)};
  const Layout layout = make_layout(extents, 1, false);
  if (layout.rank > 1 && !fits_32_bits(layout, 1))
    return check_index(runtime, Input(runtime, once), size);
  const auto groups =
      int(std::min<std::int64_t>(BadIndices::max_groups, ceil_div(layout.count, 8 * threads)));
  const Indices indices = {begin_of<std::int64_t>(once), layout.count, layout.inner_stride(0),
                           layout.rank == 1,
                           layout.rank == 1 ? OffsetCalculator<1>() : OffsetCalculator<1>(layout)};
  const auto lock = runtime.lock_indices();
  launch(runtime, "check_index", unsigned(groups), threads, check, indices,
         runtime.take_index_slots(once, size, groups), size);
}

void gather(Runtime& runtime, const View& x, int dim, const View& index, const View& out) {
  if (index.count() == 0) return;
  if (x.rank() == 0) return gather(runtime, as_vector(x), 0, as_vector(index), as_vector(out));
  check_index(runtime, index, x.size(dim));
  if (x.count() == 0) return;
  const Strides x_strides = without(x.strides(), dim);
  const Extents extents[] = {
      extents_of(out), extents_of(index), {x.rank(), out.shape().begin(), x_strides.begin()}};
  each_part(make_layout(extents, 3, true), 3, [&](const Layout& l, const std::int64_t* starts) {
    gather_part(runtime, begin_of<char>(out, starts[0]), begin_of<char>(x, starts[2]),
                begin_of<std::int64_t>(index, starts[1]), x.size(dim), x.stride(dim), l,
                int(size_of(x.dtype())));
  });
}

void scatter(Runtime& runtime, const View& out, int dim, const View& index, const View& x,
             Write how) {
  if (index.count() == 0) return;
  check_index(runtime, index, out.size(dim));
  if (out.count() == 0) return;
  Shape shape = index.shape();
  const std::int64_t sources = shape[dim];
  shape[dim] = 1;
  bool is_shared = sources >= 16;
  for (int d = 0; d < index.rank(); ++d)
    is_shared = is_shared && (d == dim || shape[d] == 1 || index.stride(d) == 0);
  const Extents extents[] = {{shape.rank(), shape.begin(), out.strides().begin()},
                             {shape.rank(), shape.begin(), index.strides().begin()},
                             {shape.rank(), shape.begin(), x.strides().begin()}};
  const bool compensated =
      how == Write::add && is_floating(x.dtype()) && sources > many_sources && out.is_dense();
  const DType computed = x.dtype() == DType::float64 ? DType::float64 : DType::float32;
  const ScratchView errors(runtime, computed, {compensated ? out.count() : 0});
  if (compensated) fill(runtime, errors, Scalar(0));
  each_part(make_layout(extents, 3, true), 3, [&](const Layout& lines, const std::int64_t* starts) {
    with_computed(x.dtype(), [&](auto zero) {
      Scatter<decltype(zero)> s = {};
      s.out = {begin_of<char>(out, starts[0]), out.dtype(), 1, 0},
      s.x = {begin_of<char>(x, starts[2]), x.dtype(), 1, 0};
      s.index = begin_of<std::int64_t>(index, starts[1]), s.lines = OffsetCalculator<3>(lines),
      s.count = std::uint32_t(lines.count);
      s.size = out.size(dim), s.sources = sources;
      if (compensated) s.errors = begin_of<decltype(zero)>(errors, starts[0]);
      s.out_step = out.stride(dim), s.index_step = index.stride(dim), s.x_step = x.stride(dim);
      scatter_as(runtime, s, is_shared, how);
    });
  });
}

}  // namespace tinygrad::cuda
