// SPDX-License-Identifier: MIT
// Reductions (sum, prod, max, min) over any set of dimensions, argmax and argmin. The dimensions of
// x are split into those kept and those reduced; both are iterated in memory order:
// - rows: x is contiguous along the reduced dimensions. One output at a time, four vectors of
//   partial results; if rows are short, as many rows at a time as a vector has lanes.
// - columns: x is contiguous along the kept dimensions. A strip of up to 512 outputs at a time, one
//   row of x after the other.
// Floats are summed in blocks of a few elements per lane, and the blocks are added in double. Long
// reductions are cut into pieces whose borders depend on shapes alone, so that the result does not
// depend on the number of threads.
#include "backends/cpu/entries.h"
#include "backends/cpu/lanes.h"
#include "backends/cpu/layout.h"

namespace tinygrad::cpu {
namespace {

constexpr std::int64_t piece = 2 * grain;  // elements of a piece of one long row
template <class T>
constexpr std::int64_t sum_block =
    32 * lanes<T>;             // at most `chunk`: eight elements for each lane of four vectors
constexpr int fold_rows = 32;  // rows of x that a column adds up in T before adding to the total
constexpr int short_row = 64;  // elements of a row that are added up in T, a vector at a time

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
  template <class V> static TINYGRAD_INLINE auto replaces(V b, V a) { return (b > a) | (b != b); }
  template <class V> static TINYGRAD_INLINE V combine(V a, V b) {
    return where(replaces(b, a), b, a);
  }
};
struct Min {
  template <class T> static T identity() {
    return std::is_integral_v<T> ? T(INT64_MAX) : T(__builtin_inf());
  }
  template <class V> static TINYGRAD_INLINE auto replaces(V b, V a) { return (b < a) | (b != b); }
  template <class V> static TINYGRAD_INLINE V combine(V a, V b) {
    return where(replaces(b, a), b, a);
  }
};
/// Op on scalars; integers wrap.
template <class Op, class A> TINYGRAD_INLINE A combine_scalars(A a, A b) {
  if constexpr (std::is_same_v<A, std::int64_t> &&
                (std::is_same_v<Op, Sum> || std::is_same_v<Op, Prod>))
    return A(Op::combine(std::uint64_t(a), std::uint64_t(b)));
  else return Op::combine(a, b);
}

/// r[j] = element j of as many lines, n elements apart, as a vector has lanes.
template <class T>
TINYGRAD_INLINE void transpose_lines(const T* x, int n, typename Vec<T>::Raw (&r)[lanes<T>]) {
#pragma GCC unroll 16
  for (int i = 0; i < lanes<T>; ++i) r[i] = load(x + i * n).raw;
  exchange_all<T, lanes<T> / 2>(r);
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
      reduced_.count <= short_row ? short_rows() : rows();
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

  /// The reductions of as many rows of n elements as a vector has lanes: transposed, each vector
  /// holds one element of all rows. Reads up to a vector beyond the last row.
  static Vec<T> fold_short_rows(const T* x, int n) {
    Vec<T> all = Op::template identity<T>();
    for (int column = 0; column < n; column += lanes<T>) {
      typename Vec<T>::Raw r[lanes<T>];
      transpose_lines(x + column, n, r);
      Vec<T> part = r[0];
      for (int j = 1; j < min(n - column, lanes<T>); ++j) part = Op::combine(part, Vec<T>(r[j]));
      all = Op::combine(all, part);
    }
    return all;
  }
  /// Rows of at most short_row elements, which lie in memory in any order.
  void short_rows() const {
    Array all = {x_.data, 1, {}, {}, 0, x_.dtype};
    for (const Layout* l : {&kept_, &reduced_})
      for (int d = 0; d < l->rank; ++d) add_dim(all, l->shape[d], l->strides[0][d]);
    const Array* arrays[] = {&all};
    const Layout elements = make_layout(arrays, 1, false);
    const std::int64_t n = reduced_.count, rows_at_once = chunk / n;
    const auto range = [&](std::int64_t begin, std::int64_t end) {
      alignas(64) T buffer[chunk + lanes<T> * (short_row + 1)] = {}, values[chunk + lanes<T>];
      for (std::int64_t i = begin; i < end; i += rows_at_once) {
        const std::int64_t m = min(rows_at_once, end - i);
        read(x_, elements, 0, i * n, m * n, buffer);
        for (std::int64_t r = 0; r < m; r += lanes<T>)
          store(values + r, fold_short_rows(buffer + r * n, int(n)));
        write(out_, kept_, 1, i, m, values);
      }
    };
    const std::int64_t rows_per_part = grain / n;
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
    const auto columns_of = [&](std::int64_t strip) {
      return int(min<std::int64_t>(chunk, inner - strip % strips_per_row * chunk));
    };
    const auto first_of = [&](std::int64_t strip) {
      return strip / strips_per_row * inner + strip % strips_per_row * chunk;
    };
    if (pieces == 1) {
      const auto range = [&](std::int64_t begin, std::int64_t end) {
        alignas(64) Total<T> totals[chunk];
        for (std::int64_t strip = begin; strip < end; ++strip) {
          fold_strip(IndexIterator(kept_, 0, first_of(strip)).offset, columns_of(strip), 0, n,
                     totals);
          store_strip(totals, 1, first_of(strip), columns_of(strip));
        }
      };
      if (kept_.count * n < 2 * grain) return range(0, strips);
      return parallel_ranges(strips, max<std::int64_t>(1, grain / (width * n)), range);
    }
    const Scratch<Total<T>> totals(strips * pieces * chunk);
    const auto fold_piece = [&](std::int64_t i) {
      const std::int64_t strip = i / pieces, begin = i % pieces * piece_rows,
                         end = min(n, begin + piece_rows);
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
/// The indices of the best values of as many lines of n elements as a vector has lanes, as T.
template <class T, class Op> Vec<T> search_short_lines(const T* x, int n) {
  Vec<T> best = T(0), at = T(0);
  for (int column = 0; column < n; column += lanes<T>) {
    typename Vec<T>::Raw r[lanes<T>];
    transpose_lines(x + column, n, r);
    for (int j = 0; j < min(n - column, lanes<T>); ++j) {
      const Vec<T> value = r[j];
      if (column + j == 0) best = value;
      const Mask<T> wins = Op::replaces(value, best) & (best == best);
      best = where(wins, value, best), at = where(wins, Vec<T>(column + j), at);
    }
  }
  return at;
}
/// arg_reduce_lines() for lines of at most short_row elements.
template <class T, class Op>
void arg_reduce_short_lines(const Array& x, int dim, const Layout& lines, const Array& out) {
  Array all = {x.data, 1, {}, {}, 0, x.dtype};
  for (int d = 0; d < lines.rank; ++d)
    all.shape[d] = lines.shape[d], all.strides[d] = lines.strides[0][d];
  all.shape[lines.rank] = x.shape[dim], all.strides[lines.rank] = x.strides[dim];
  all.rank = lines.rank + 1;
  const Array* arrays[] = {&all};
  const Layout elements = make_layout(arrays, 1, false);
  const std::int64_t n = x.shape[dim], at_once = chunk / n;
  parallel_ranges(lines.count, grain / n, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) T buffer[chunk + lanes<T> * (short_row + 1)] = {}, at[chunk + lanes<T>];
    alignas(64) std::int64_t index[chunk];
    for (std::int64_t i = begin; i < end; i += at_once) {
      const std::int64_t m = min(at_once, end - i);
      read(x, elements, 0, i * n, m * n, buffer);
      for (std::int64_t r = 0; r < m; r += lanes<T>)
        store(at + r, search_short_lines<T, Op>(buffer + r * n, int(n)));
      for (std::int64_t r = 0; r < m; ++r) index[r] = std::int64_t(at[r]);
      write(out, lines, 1, i, m, index);
    }
  });
}
/// out = the index along dim of the best value of each line of x.
template <class T, class Op> void arg_reduce_lines(const Array& x, int dim, const Array& out) {
  Array first = x;
  first.count = out.count, first.shape[dim] = 1;
  const Array* arrays[] = {&first, &out};
  const Layout lines = make_layout(arrays, 2, false);
  if (x.shape[dim] <= short_row && lines.rank < 8)
    return arg_reduce_short_lines<T, Op>(x, dim, lines, out);
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
