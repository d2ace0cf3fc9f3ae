// SPDX-License-Identifier: MIT
// Reductions (sum, prod, max, min) over any set of dimensions, argmax and argmin. The dimensions of
// x are split into those kept and those reduced; both are iterated in memory order:
// - rows: x is contiguous along the reduced dimensions. One output at a time, four vectors of
//   partial results.
// - columns: x is contiguous along the kept dimensions. A strip of up to 512 outputs at a time, one
//   row of x after the other.
// Floats are summed in blocks of a few elements per lane, and the blocks are added in double. Long
// reductions are cut into pieces whose borders depend on shapes alone, so that the result does not
// depend on the number of threads.
#include "backends/cpu/entries.h"
#include "backends/cpu/layout.h"

namespace tinygrad::cpu {
namespace {

constexpr std::int64_t piece = 2 * grain;  // elements of a piece of one long row
template <class T>
constexpr std::int64_t sum_block =
    32 * lanes<T>;             // at most `chunk`: eight elements for each lane of four vectors
constexpr int fold_rows = 32;  // rows of x that a column adds up in T before adding to the total

/// The type of totals.
template <class T> using Total = std::conditional_t<std::is_same_v<T, float>, double, T>;

/// The four operations on vectors and on scalars; in max and min, NaN wins.
struct Sum {
  template <class T> static T identity() { return 0; }
  template <class V> static TINYGRAD_INLINE V combine(V a, V b) { return a + b; }
};
struct Prod {
  template <class T> static T identity() { return 1; }
  template <class V> static TINYGRAD_INLINE V combine(V a, V b) { return a * b; }
};
TINYGRAD_INLINE float where(bool c, float a, float b) { return c ? a : b; }
TINYGRAD_INLINE double where(bool c, double a, double b) { return c ? a : b; }
TINYGRAD_INLINE std::int64_t where(bool c, std::int64_t a, std::int64_t b) { return c ? a : b; }
struct Max {
  template <class T> static T identity() {
    return std::is_integral_v<T> ? T(INT64_MIN) : T(-__builtin_inf());
  }
  template <class V> static TINYGRAD_INLINE V combine(V a, V b) {
    return where((b > a) | (b != b), b, a);
  }
};
struct Min {
  template <class T> static T identity() {
    return std::is_integral_v<T> ? T(INT64_MAX) : T(__builtin_inf());
  }
  template <class V> static TINYGRAD_INLINE V combine(V a, V b) {
    return where((b < a) | (b != b), b, a);
  }
};
/// Op on scalars; integers wrap.
template <class Op, class A> TINYGRAD_INLINE A combine_scalars(A a, A b) {
  if constexpr (std::is_same_v<A, std::int64_t> &&
                (std::is_same_v<Op, Sum> || std::is_same_v<Op, Prod>))
    return A(Op::combine(std::uint64_t(a), std::uint64_t(b)));
  else return Op::combine(a, b);
}

/// One reduction of x, computed in T.
template <class T, class Op> class Reduction {
 public:
  Reduction(const Array& x, const Array& out) : x_(x), out_(out) {
    Array kept_x = {x.data, 1, {}, {}, 0, x.dtype}, kept_out = kept_x, reduced_x = kept_x;
    for (int d = 0; d < x.rank; ++d) {
      const bool reduced = out.shape[d] == 1;
      add_dim(reduced ? reduced_x : kept_x, x.shape[d], x.strides[d]);
      if (!reduced) add_dim(kept_out, x.shape[d], out.strides[d]);
    }
    const Array* kept[] = {&kept_x, &kept_out};
    const Array* reduced[] = {&reduced_x};
    kept_ = make_layout(kept, 2, true), reduced_ = make_layout(reduced, 1, true);
  }
  void run() {
    if (out_.count == 0) return;
    const std::int64_t along = reduced_.inner_stride(0), across = kept_.inner_stride(0);
    if (reduced_.count == 0)
      each_output([](std::int64_t) { return Op::template identity<Total<T>>(); });
    else if (kept_.count == 1 || (reduced_.count > 1 && magnitude(along) <= magnitude(across)))
      rows();
    else columns();
  }

 private:
  static std::int64_t magnitude(std::int64_t n) { return n < 0 ? -n : n; }
  static void add_dim(Array& a, std::int64_t size, std::int64_t stride) {
    a.shape[a.rank] = size, a.strides[a.rank++] = stride;
  }
  bool in_place(std::int64_t stride) const {
    return stride == 1 && x_.dtype == (std::is_same_v<T, float>    ? DType::float32
                                       : std::is_same_v<T, double> ? DType::float64
                                                                   : DType::int64);
  }
  Array from(std::int64_t offset) const {
    Array a = x_;
    a.data = static_cast<char*>(x_.data) + offset * bytes_of(x_.dtype);
    return a;
  }
  void store_total(std::int64_t offset, Total<T> total) const {
    const T value = T(total);
    from_compute(out_.dtype, &value, static_cast<char*>(out_.data) + offset * bytes_of(out_.dtype),
                 1);
  }
  template <class F> void each_output(const F& value) const {
    IndexIterator to(kept_, 1, 0);
    for (std::int64_t i = 0; i < kept_.count; ++i) {
      store_total(to.offset, value(i));
      if (i + 1 < kept_.count) to.advance(1);
    }
  }

  // -------------------------------------------------------------- rows
  /// The reduction of n contiguous elements: four vectors of partial results, then their lanes pair
  /// by pair.
  static Total<T> fold(const T* x, std::int64_t n) {
    const Vec<T> identity = Op::template identity<T>();
    Vec<T> sums[4] = {identity, identity, identity, identity};
    std::int64_t i = 0;
    for (; i + 4 * lanes<T> <= n; i += 4 * lanes<T>)
      for (int k = 0; k < 4; ++k) sums[k] = Op::combine(sums[k], load(x + i + k * lanes<T>));
    for (; i + lanes<T> <= n; i += lanes<T>) sums[0] = Op::combine(sums[0], load(x + i));
    if (i < n) {
      Vec<T> last = identity;
      std::memcpy(&last, x + i, std::size_t(n - i) * sizeof(T));
      sums[1] = Op::combine(sums[1], last);
    }
    const Vec<T> all = Op::combine(Op::combine(sums[0], sums[1]), Op::combine(sums[2], sums[3]));
    Total<T> totals[lanes<T>];
    for (int lane = 0; lane < lanes<T>; ++lane) totals[lane] = Total<T>(all[lane]);
    for (int half = lanes<T> / 2; half > 0; half /= 2)
      for (int lane = 0; lane < half; ++lane)
        totals[lane] = combine_scalars<Op>(totals[lane], totals[lane + half]);
    return totals[0];
  }
  /// The reduction of elements begin ... end - 1 of the reduced dimensions, for the output whose
  /// first element of x is at `offset`.
  Total<T> fold_range(std::int64_t offset, std::int64_t begin, std::int64_t end) const {
    Total<T> total = Op::template identity<Total<T>>();
    alignas(64) T buffer[chunk];
    const bool direct =
        in_place(reduced_.inner_stride(0)) && (reduced_.rank == 1 || reduced_.inner() >= lanes<T>);
    const Array base = from(offset);
    IndexIterator at(reduced_, 0, begin);
    for (std::int64_t n; begin < end; begin += n) {
      n = direct ? min(min(at.left(), end - begin), sum_block<T>) : min(sum_block<T>, end - begin);
      if (!direct) read(base, reduced_, 0, begin, n, buffer);
      total = combine_scalars<Op>(
          total, fold(direct ? static_cast<const T*>(base.data) + at.offset : buffer, n));
      if (direct && begin + n < end) at.advance(n);
    }
    return total;
  }
  void rows() const {
    const std::int64_t n = reduced_.count, pieces = n < 2 * piece ? 1 : ceil_div(n, piece);
    if (pieces == 1) return whole_rows();
    const Scratch<Total<T>> totals(kept_.count * pieces);
    parallel(kept_.count * pieces, [&](std::int64_t i) {
      const std::int64_t begin = i % pieces * piece;
      totals[i] =
          fold_range(IndexIterator(kept_, 0, i / pieces).offset, begin, min(n, begin + piece));
    });
    each_output([&](std::int64_t i) {
      Total<T> total = totals[i * pieces];
      for (std::int64_t p = 1; p < pieces; ++p)
        total = combine_scalars<Op>(total, totals[i * pieces + p]);
      return total;
    });
  }
  void whole_rows() const {
    const auto range = [this](std::int64_t begin, std::int64_t end) {
      IndexIterator from(kept_, 0, begin), to(kept_, 1, begin);
      for (std::int64_t i = begin; i < end; ++i) {
        store_total(to.offset, fold_range(from.offset, 0, reduced_.count));
        if (i + 1 < end) from.advance(1), to.advance(1);
      }
    };
    const std::int64_t rows_per_part = max<std::int64_t>(1, grain / reduced_.count);
    if (kept_.count < 2 * rows_per_part) range(0, kept_.count);
    else parallel_ranges(kept_.count, rows_per_part, range);
  }

  // -------------------------------------------------------------- columns
  /// totals[j] = the reduction of column j over rows begin ... end - 1, in the strip of n columns
  /// whose first element is at `offset`.
  void fold_strip(std::int64_t offset, int n, std::int64_t begin, std::int64_t end,
                  Total<T>* totals) const {
    alignas(64) T partial[chunk], buffer[chunk];
    const std::int64_t stride = kept_.inner_stride(0);
    const Layout row = one_row(n, stride);
    IndexIterator at(reduced_, 0, begin);
    for (int j = 0; j < n; ++j) totals[j] = Op::template identity<Total<T>>();
    while (begin < end) {
      for (int j = 0; j < n; ++j) partial[j] = Op::template identity<T>();
      for (const std::int64_t stop = min(end, begin + fold_rows); begin < stop;) {
        const Array x = from(offset + at.offset);
        if (!in_place(stride)) read(x, row, 0, 0, n, buffer);
        add_row(in_place(stride) ? static_cast<const T*>(x.data) : buffer, n, partial);
        if (++begin < end) at.advance(1);
      }
      for (int j = 0; j < n; ++j) totals[j] = combine_scalars<Op>(totals[j], Total<T>(partial[j]));
    }
  }
  static void add_row(const T* x, int n, T* partial) {
    int j = 0;
    for (; j + lanes<T> <= n; j += lanes<T>)
      store(partial + j, Op::combine(load(partial + j), load(x + j)));
    for (; j < n; ++j) partial[j] = combine_scalars<Op>(partial[j], x[j]);
  }
  static Layout one_row(int n, std::int64_t stride) {
    Layout row;
    row.rank = 1, row.count = row.shape[0] = n, row.strides[0][0] = stride;
    return row;
  }
  void columns() const {
    const std::int64_t inner = kept_.inner(), strips_per_row = ceil_div(inner, chunk),
                       strips = kept_.count / inner * strips_per_row;
    const std::int64_t n = reduced_.count, width = min<std::int64_t>(inner, chunk);
    const std::int64_t piece_rows = round_up(piece / width, fold_rows),
                       pieces = strips >= 16 ? 1 : ceil_div(n, piece_rows);
    const Scratch<Total<T>> totals(strips * pieces * chunk);
    const auto columns_of = [&](std::int64_t strip) {
      return int(min<std::int64_t>(chunk, inner - strip % strips_per_row * chunk));
    };
    const auto first_of = [&](std::int64_t strip) {
      return strip / strips_per_row * inner + strip % strips_per_row * chunk;
    };
    const auto fold_piece = [&](std::int64_t i) {
      const std::int64_t strip = i / pieces, begin = pieces == 1 ? 0 : i % pieces * piece_rows,
                         end = pieces == 1 ? n : min(n, begin + piece_rows);
      fold_strip(IndexIterator(kept_, 0, first_of(strip)).offset, columns_of(strip), begin, end,
                 &totals[i * chunk]);
    };
    if (kept_.count * n < 2 * grain)
      for (std::int64_t i = 0; i < strips * pieces; ++i) fold_piece(i);
    else parallel(strips * pieces, fold_piece);
    for (std::int64_t strip = 0; strip < strips; ++strip)
      store_strip(&totals[strip * pieces * chunk], pieces, first_of(strip), columns_of(strip));
  }
  void store_strip(const Total<T>* totals, std::int64_t pieces, std::int64_t first, int n) const {
    alignas(64) T values[chunk];
    for (int j = 0; j < n; ++j) {
      Total<T> total = totals[j];
      for (std::int64_t p = 1; p < pieces; ++p)
        total = combine_scalars<Op>(total, totals[p * chunk + j]);
      values[j] = T(total);
    }
    write(out_, kept_, 1, first, n, values);
  }

  const Array& x_;
  const Array& out_;
  Layout kept_, reduced_;  // kept: x, out; reduced: x
};

// ---------------------------------------------------------------- arg_reduce
/// The best value so far, and its first index.
template <class T> struct Best {
  T value;
  std::int64_t index;
};
/// Updates `best` with n values from position `start`: finds their best value, then its first
/// index.
template <class T, class Op>
void search(const T* x, std::int64_t n, std::int64_t start, Best<T>& best) {
  Vec<T> lane_best = x[0];
  std::int64_t i = 0;
  for (; i + lanes<T> <= n; i += lanes<T>) lane_best = Op::combine(lane_best, load(x + i));
  T value = x[0];
  for (int lane = 0; lane < lanes<T>; ++lane) value = Op::combine(value, lane_best[lane]);
  for (; i < n; ++i) value = Op::combine(value, x[i]);
  const bool first = start == 0, nan = value != value,
             better = Op::combine(best.value, value) != best.value && best.value == best.value;
  if (!first && !better) return;
  for (i = 0; x[i] != value && !(nan && x[i] != x[i]);) ++i;
  best = {x[i], start + i};
}
/// out = the index along dim of the best value of each line of x.
template <class T, class Op> void arg_reduce_lines(const Array& x, int dim, const Array& out) {
  Array first = x;
  first.count = out.count, first.shape[dim] = 1;
  const Array* arrays[] = {&first, &out};
  const Layout lines = make_layout(arrays, 2, false);
  Layout line;
  line.rank = 1, line.count = line.shape[0] = x.shape[dim], line.strides[0][0] = x.strides[dim];
  parallel_ranges(lines.count, max<std::int64_t>(1, grain / max<std::int64_t>(1, x.shape[dim])),
                  [&](std::int64_t begin, std::int64_t end) {
                    alignas(64) T buffer[chunk];
                    for (std::int64_t i = begin; i < end; ++i) {
                      Array at = x;
                      at.data = static_cast<char*>(x.data) +
                                IndexIterator(lines, 0, i).offset * bytes_of(x.dtype);
                      Best<T> best = {0, 0};
                      for (std::int64_t start = 0; start < line.count; start += chunk) {
                        const std::int64_t n = min<std::int64_t>(chunk, line.count - start);
                        read(at, line, 0, start, n, buffer);
                        search<T, Op>(buffer, n, start, best);
                      }
                      static_cast<std::int64_t*>(out.data)[IndexIterator(lines, 1, i).offset] =
                          best.index;
                    }
                  });
}

}  // namespace

namespace TINYGRAD_ISA {

void reduce(Reduce op, const Array& x, const Array& out) {
  with_compute(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (op == Reduce::sum) Reduction<T, Sum>(x, out).run();
    else if (op == Reduce::prod) Reduction<T, Prod>(x, out).run();
    else if (op == Reduce::max) Reduction<T, Max>(x, out).run();
    else Reduction<T, Min>(x, out).run();
  });
}

void arg_reduce(ArgReduce op, const Array& x, int dim, const Array& out) {
  if (out.count == 0 || x.count == 0) return;
  with_compute(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (op == ArgReduce::max) arg_reduce_lines<T, Max>(x, dim, out);
    else arg_reduce_lines<T, Min>(x, dim, out);
  });
}

}  // namespace TINYGRAD_ISA
}  // namespace tinygrad::cpu
