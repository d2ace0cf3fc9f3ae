// SPDX-License-Identifier: MIT
// fill and copy take any strides, and copy any dtype to any dtype. Elements that keep their dtype
// are moved as words of their size; transposed ones in blocks, so that each cache line is fetched
// once.
#include "backends/cpu/entries.h"
#include "backends/cpu/layout.h"

namespace tinygrad::cpu {
namespace {

// ---------------------------------------------------------------- one dtype: words
template <class W>
void copy_rows(const Layout& l, const W* x, W* out, std::int64_t begin, std::int64_t end) {
  const std::int64_t to_stride = l.inner_stride(0), from_stride = l.inner_stride(1);
  IndexIterator from(l, 1, begin), to(l, 0, begin);
  for (std::int64_t run; begin < end; begin += run) {
    run = min(end - begin, from.left());
    const W* a = x + from.offset;
    W* b = out + to.offset;
    if (to_stride == 1 && from_stride == 1) std::memcpy(b, a, std::size_t(run) * sizeof(W));
    else
      for (std::int64_t i = 0; i < run; ++i) b[i * to_stride] = a[i * from_stride];
    if (begin + run < end) from.advance(run), to.advance(run);
  }
}
constexpr int block = 16;       // elements along each side of a transposed block
constexpr int strip_rows = 64;  // rows of a strip: enough neighbours in x to pay for a TLB miss
/// Transposes 16 x 16 elements, row by row of out; x is contiguous along the columns of out.
template <class W>
TINYGRAD_INLINE void transpose_block(const W* x, std::int64_t x_stride, W* out,
                                     std::int64_t out_stride) {
  if constexpr (sizeof(W) == 4) {  // 4 x 4 at a time, in registers
    typedef W Quad __attribute__((vector_size(16)));
    for (int r = 0; r < block; r += 4)
      for (int c = 0; c < block; c += 4) {
        Quad q[4], t[4];
        for (int i = 0; i < 4; ++i) std::memcpy(&q[i], x + (c + i) * x_stride + r, sizeof(Quad));
        for (int i = 0; i < 2; ++i) {
          t[i] = __builtin_shufflevector(q[2 * i], q[2 * i + 1], 0, 4, 1, 5);
          t[i + 2] = __builtin_shufflevector(q[2 * i], q[2 * i + 1], 2, 6, 3, 7);
        }
        for (int i = 0; i < 2; ++i) {
          q[2 * i] = __builtin_shufflevector(t[2 * i], t[2 * i + 1], 0, 1, 4, 5);
          q[2 * i + 1] = __builtin_shufflevector(t[2 * i], t[2 * i + 1], 2, 3, 6, 7);
        }
        for (int i = 0; i < 4; ++i)
          std::memcpy(out + (r + i) * out_stride + c, &q[i], sizeof(Quad));
      }
  } else {
    for (int r = 0; r < block; ++r)
      for (int c = 0; c < block; ++c) out[r * out_stride + c] = x[c * x_stride + r];
  }
}
/// Transposes up to 64 rows of out, each of `columns` elements, block by block.
template <class W>
void transpose_strip(const W* x, std::int64_t x_stride, W* out, std::int64_t out_stride, int rows,
                     std::int64_t columns) {
  const int whole_rows = rows / block * block;
  const std::int64_t whole_columns = columns / block * block;
  for (std::int64_t c = 0; c < whole_columns; c += block)
    for (int r = 0; r < whole_rows; r += block)
      transpose_block(x + c * x_stride + r, x_stride, out + r * out_stride + c, out_stride);
  for (int r = 0; r < rows; ++r)
    for (std::int64_t c = r < whole_rows ? whole_columns : 0; c < columns; ++c)
      out[r * out_stride + c] = x[c * x_stride + r];
}
/// The dimension along which x is contiguous, if it is not the innermost and out's innermost is
/// contiguous; -1 if there is none.
inline int transposed_dim(const Layout& l) {
  if (l.rank < 2 || l.inner_stride(0) != 1 || l.inner_stride(1) == 1 || l.inner() < block)
    return -1;
  for (int d = 0; d < l.rank - 1; ++d)
    if (l.strides[1][d] == 1 && l.shape[d] >= block) return d;
  return -1;
}
/// Moves the dimension `rows` next to the last: the last two are then transposed block by block,
/// and the others are iterated over.
template <class W> void copy_transposed(Layout l, int rows, const W* x, W* out) {
  for (; rows < l.rank - 2; ++rows) swap_dims(l, 2, rows, rows + 1);
  const int last = l.rank - 1;
  const std::int64_t height = l.shape[rows], columns = l.shape[last],
                     strips = ceil_div(height, strip_rows);
  Layout outer = l;
  outer.shape[rows] = strips, outer.rank = last,
  outer.count = l.count / (height * columns) * strips;
  for (int k = 0; k < 2; ++k) outer.strides[k][rows] *= strip_rows;
  const std::int64_t strips_a_part = max<std::int64_t>(1, grain / (strip_rows * columns));
  parallel_ranges(outer.count, strips_a_part, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const IndexIterator from(outer, 1, i), to(outer, 0, i);
      const int here = int(min<std::int64_t>(strip_rows, height - from.index[rows] * strip_rows));
      transpose_strip(x + from.offset, l.strides[1][last], out + to.offset, l.strides[0][rows],
                      here, columns);
    }
  });
}
template <class W> void copy_words(const Layout& l, const W* x, W* out) {
  const int rows = transposed_dim(l);
  if (rows >= 0) return copy_transposed(l, rows, x, out);
  if (l.count < 2 * grain) return copy_rows(l, x, out, 0, l.count);
  parallel_ranges(l.count, grain,
                  [&](std::int64_t begin, std::int64_t end) { copy_rows(l, x, out, begin, end); });
}

// ---------------------------------------------------------------- between dtypes, through the
// types that they are computed in
/// A real as a value of the stored type S: it saturates at the limits of S, and NaN becomes 0; to
/// bool, every value but 0 is true. T(range.most) rounds up to a power of two if T cannot hold it.
template <class S, class T> TINYGRAD_INLINE std::int64_t to_integer(T x) {
  if constexpr (std::is_same_v<S, Bit>) return x != 0;
  else {
    constexpr IntegerRange range = integer_range<S>();
    return x != x                ? 0
           : x >= T(range.most)  ? range.most
           : x <= T(range.least) ? range.least
                                 : std::int64_t(x);
  }
}
template <class From, class To> void convert(const From* x, To* y, std::int64_t n, DType dtype) {
  if constexpr (std::is_integral_v<To> && !std::is_integral_v<From>)
    with_stored(dtype, [&](auto zero) {
      using S = decltype(zero);
      if constexpr (std::is_integral_v<Compute<S>>)
        for (std::int64_t i = 0; i < n; ++i) y[i] = to_integer<S>(x[i]);
    });
  else
    for (std::int64_t i = 0; i < n; ++i) y[i] = To(x[i]);
}
template <class From, class To>
void convert_range(const Layout& l, const Array& x, const Array& out, std::int64_t begin,
                   std::int64_t end) {
  alignas(64) From a[chunk];
  alignas(64) To b[chunk];
  for (std::int64_t n; begin < end; begin += n) {
    n = min<std::int64_t>(chunk, end - begin);
    read(x, l, 1, begin, n, a);
    convert(a, b, n, out.dtype);
    write(out, l, 0, begin, n, b);
  }
}

// ---------------------------------------------------------------- fill
template <class W>
void fill_range(const Layout& l, W* out, W value, std::int64_t begin, std::int64_t end) {
  IndexIterator to(l, 0, begin);
  const std::int64_t stride = l.inner_stride(0);
  for (std::int64_t run; begin < end; begin += run) {
    run = min(end - begin, to.left());
    W* y = out + to.offset;
    if (stride == 1)
      for (std::int64_t i = 0; i < run; ++i) y[i] = value;
    else
      for (std::int64_t i = 0; i < run; ++i) y[i * stride] = value;
    if (begin + run < end) to.advance(run);
  }
}
/// The bytes of an element of the dtype with this value.
std::uint64_t element(Number value, DType dtype) {
  if (dtype == DType::boolean) return value.integer != 0 || value.real != 0;
  std::uint64_t bytes = 0;
  with_compute(dtype, [&](auto zero) {
    using T = decltype(zero);
    const T x = std::is_integral_v<T> ? T(value.integer) : T(value.real);
    from_compute(dtype, &x, &bytes, 1);
  });
  return bytes;
}

}  // namespace

namespace TINYGRAD_ISA {

void fill(const Array& out, Number value) {
  if (out.count == 0) return;
  const Array* arrays[] = {&out};
  const Layout l = make_layout(arrays, 1, true);
  const std::uint64_t bytes = element(value, out.dtype);
  with_word(bytes_of(out.dtype), [&](auto zero) {
    using W = decltype(zero);
    const auto range = [&](std::int64_t begin, std::int64_t end) {
      fill_range(l, static_cast<W*>(out.data), W(bytes), begin, end);
    };
    if (l.count < 2 * grain) range(0, l.count);
    else parallel_ranges(l.count, grain, range);
  });
}

void copy(const Array& x, const Array& out) {
  if (out.count == 0) return;
  const Array* arrays[] = {&out, &x};
  const Layout l = make_layout(arrays, 2, true);
  if (x.dtype == out.dtype)
    return with_word(bytes_of(x.dtype), [&](auto zero) {
      using W = decltype(zero);
      copy_words(l, static_cast<const W*>(x.data), static_cast<W*>(out.data));
    });
  with_compute(x.dtype, [&](auto from) {
    with_compute(out.dtype, [&](auto to) {
      const auto range = [&](std::int64_t begin, std::int64_t end) {
        convert_range<decltype(from), decltype(to)>(l, x, out, begin, end);
      };
      if (l.count < 2 * grain) range(0, l.count);
      else parallel_ranges(l.count, grain, range);
    });
  });
}

}  // namespace TINYGRAD_ISA
}  // namespace tinygrad::cpu
