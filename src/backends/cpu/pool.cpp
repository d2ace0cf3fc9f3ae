// SPDX-License-Identifier: MIT
// 2-D max and average pooling and their gradients. The planes [H, W] of [N C, H, W] are the parts
// of a parallel loop. Windows of 2 x 2 with stride 2 have loops of their own.
#include "backends/cpu/dense.h"
#include "backends/cpu/lanes.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// The sizes of a pooling.
struct Pooling {
  std::int64_t planes, height, width, out_height, out_width;
  int kh, kw;
  Window window;
  std::int64_t in_pixels() const { return height * width; }
  std::int64_t out_pixels() const { return out_height * out_width; }
  double window_size() const { return double(kh) * kw; }
  std::int64_t planes_per_part() const {
    return max<std::int64_t>(1, 16384 / max<std::int64_t>(1, in_pixels()));
  }
  bool is_2x2() const {
    return kh == 2 && kw == 2 && window.stride[0] == 2 && window.stride[1] == 2 &&
           window.padding[0] == 0 && window.padding[1] == 0 && window.dilation[0] == 1 &&
           window.dilation[1] == 1 && 2 * out_height <= height && 2 * out_width <= width;
  }
};

Pooling pooling_of(const Array& x, const Array& y, int kh, int kw, const Window& window) {
  return {x.shape[0] * x.shape[1], x.shape[2], x.shape[3], y.shape[2], y.shape[3], kh, kw, window};
}

/// The coordinates begin, begin + dilation ... below end that a window has in the plane along an
/// axis: of `size` elements, for window number `at` of `kernel` elements.
struct Span {
  std::int64_t begin, end;
  Span(const Window& w, int axis, std::int64_t at, int kernel, std::int64_t size)
      : begin(at * w.stride[axis] - w.padding[axis]),
        end(min(begin + std::int64_t(kernel - 1) * w.dilation[axis] + 1, size)) {
    if (begin < 0) begin += ceil_div(-begin, w.dilation[axis]) * w.dilation[axis];
  }
};
Span rows_of(const Pooling& p, std::int64_t y) { return {p.window, 0, y, p.kh, p.height}; }
Span columns_of(const Pooling& p, std::int64_t x) { return {p.window, 1, x, p.kw, p.width}; }

/// Calls f(row, column) for the elements of a window that lie in the plane, in row-major order.
template <class F>
TINYGRAD_INLINE void for_each_window_element(const Pooling& p, Span rows, Span columns,
                                             const F& f) {
  for (std::int64_t i = rows.begin; i < rows.end; i += p.window.dilation[0])
    for (std::int64_t j = columns.begin; j < columns.end; j += p.window.dilation[1]) f(i, j);
}

/// Returns whether b replaces a as the maximum: NaN is larger than every value, and the first NaN
/// stays.
template <class T> bool replaces(T b, T a) { return !(b <= a) && a == a; }

template <class T>
TINYGRAD_INLINE void max_window(const Pooling& p, Span rows, Span columns, const T* x, T& y,
                                std::int64_t& index) {
  const bool is_empty = rows.begin >= rows.end || columns.begin >= columns.end;
  index = is_empty ? 0 : rows.begin * p.width + columns.begin;
  y = is_empty ? T(-__builtin_inf()) : x[index];
  for_each_window_element(p, rows, columns, [&](std::int64_t i, std::int64_t j) {
    const std::int64_t at = i * p.width + j;
    const bool wins = replaces(x[at], y);
    y = wins ? x[at] : y, index = wins ? at : index;
  });
}
/// The maxima of as many neighbouring windows as a vector has lanes, all columns of which lie in
/// the plane. x: the first element of the first window; place: the distance of each maximum from
/// its window's first element, as a T.
template <class T>
TINYGRAD_INLINE Vec<T> max_windows(const Pooling& p, Span rows, const T* x, Vec<T>& place) {
  const std::int64_t stride = p.window.stride[1];
  Vec<T> best = T(-__builtin_inf());
  place = T(0);
  for (std::int64_t i = rows.begin; i < rows.end;
       i += p.window.dilation[0], x += p.window.dilation[0] * p.width)
    for (int j = 0; j < p.kw; ++j) {
      const T* const from = x + j * p.window.dilation[1];
      Vec<T> next;
      for (int lane = 0; lane < lanes<T>; ++lane) next.raw[lane] = from[lane * stride];
      const Mask<T> loses = next <= best, wins = (!loses) & (best == best);
      best = where(wins, next, best);
      place = where(wins, Vec<T>(T((i - rows.begin) * p.width + j * p.window.dilation[1])), place);
    }
  return best;
}

template <class T> void max_plane(const Pooling& p, const T* x, T* y, std::int64_t* index) {
  const std::int64_t stride = p.window.stride[1], padding = p.window.padding[1],
                     first = ceil_div(padding, stride),
                     room = p.width - 1 + padding - std::int64_t(p.kw - 1) * p.window.dilation[1],
                     end = room >= 0 && p.in_pixels() < 1 << 24
                               ? min(room / stride + 1, p.out_width)
                               : 0;  // windows in first ... end - 1 lie in the plane
  for (std::int64_t row = 0; row < p.out_height; ++row, y += p.out_width, index += p.out_width) {
    const Span rows = rows_of(p, row);
    const bool has_vectors = rows.begin < rows.end && end - first >= lanes<T>;
    for (std::int64_t column = 0; column < p.out_width;) {
      if (!has_vectors || column < first || column >= end) {
        max_window(p, rows, columns_of(p, column), x, y[column], index[column]);
        ++column;
        continue;
      }
      column = min<std::int64_t>(column, end - lanes<T>);  // the last vector overlaps another
      const std::int64_t corner = rows.begin * p.width + column * stride - padding;
      Vec<T> place;
      store(y + column, max_windows(p, rows, x + corner, place));
      T places[lanes<T>];
      store(places, place);
      for (int lane = 0; lane < lanes<T>; ++lane)
        index[column + lane] = corner + lane * stride + std::int64_t(places[lane]);
      column += lanes<T>;
    }
  }
}

/// The elements of even and of odd index in two adjacent vectors.
template <class Raw, int... i>
TINYGRAD_INLINE void deinterleave(Raw a, Raw b, Raw& even, Raw& odd,
                                  std::integer_sequence<int, i...>) {
  even = __builtin_shufflevector(a, b, 2 * i...);
  odd = __builtin_shufflevector(a, b, 2 * i + 1 ...);
}

/// The maxima of one vector of 2 x 2 windows. place: the distance in the plane from each window's
/// first element to its maximum, as a T.
template <class T>
TINYGRAD_INLINE Vec<T> max_2x2(const T* upper, const T* lower, T row, Vec<T>& place) {
  using Raw = typename Vec<T>::Raw;
  constexpr auto order = std::make_integer_sequence<int, lanes<T>>();
  Raw at[4];
  deinterleave<Raw>(load(upper).raw, load(upper + lanes<T>).raw, at[0], at[1], order);
  deinterleave<Raw>(load(lower).raw, load(lower + lanes<T>).raw, at[2], at[3], order);
  const T places[4] = {0, 1, row, row + 1};
  Vec<T> best = at[0];
  place = Vec<T>(0);
  for (int i = 1; i < 4; ++i) {
    const Vec<T> next = at[i];
    const Mask<T> loses = next <= best, wins = (!loses) & (best == best);
    best = where(wins, next, best), place = where(wins, Vec<T>(places[i]), place);
  }
  return best;
}

/// Writes the maxima of n 2 x 2 windows, and their indices in the plane. corner: the index of the
/// first window's first element.
template <class T>
TINYGRAD_INLINE void max_windows_2x2(const Pooling& p, std::int64_t corner, std::int64_t n,
                                     const T* upper, const T* lower, T* y, std::int64_t* index) {
  Vec<T> place;
  const Vec<T> best = max_2x2<T>(upper, lower, T(p.width), place);
  T places[lanes<T>];
  store(places, place);
  if (n == lanes<T>) {
    store(y, best);
    for (int i = 0; i < lanes<T>; ++i) index[i] = corner + 2 * i + std::int64_t(places[i]);
  } else {
    store_masked(y, best, n);
    for (std::int64_t i = 0; i < n; ++i) index[i] = corner + 2 * i + std::int64_t(places[i]);
  }
}

/// Returns whether whole vectors may be read and written for the windows from (row, j) on: elements
/// beyond the row's end must be in the plane, too, and are written again with the next row.
/// Otherwise the last few windows go through copies.
template <class T> bool fits(const Pooling& p, std::int64_t row, std::int64_t j) {
  return row * p.out_width + j + lanes<T> <= p.out_pixels() &&
         (2 * row + 1) * p.width + 2 * (j + lanes<T>) <= p.in_pixels();
}

template <class T> void max_plane_2x2(const Pooling& p, const T* x, T* y, std::int64_t* index) {
  for (std::int64_t row = 0; row < p.out_height; ++row, y += p.out_width, index += p.out_width)
    for (std::int64_t j = 0; j < p.out_width; j += lanes<T>) {
      const std::int64_t corner = 2 * (row * p.width + j),
                         n = min<std::int64_t>(lanes<T>, p.out_width - j);
      if (fits<T>(p, row, j)) {
        max_windows_2x2<T>(p, corner, lanes<T>, x + corner, x + corner + p.width, y + j, index + j);
        continue;
      }
      T rows[2][2 * lanes<T>] = {};
      for (int r = 0; r < 2; ++r)
        std::memcpy(rows[r], x + corner + r * p.width, std::size_t(2 * n) * sizeof(T));
      max_windows_2x2<T>(p, corner, n, rows[0], rows[1], y + j, index + j);
    }
}

/// Writes a[0], b[0], a[1], b[1], ...
template <class T, int... i>
TINYGRAD_INLINE void interleave(T* to, Vec<T> a, Vec<T> b, std::integer_sequence<int, i...>) {
  constexpr int n = sizeof...(i);
  store(to, Vec<T>(__builtin_shufflevector(a.raw, b.raw, (i % 2 * n + i / 2)...)));
  store(to + n, Vec<T>(__builtin_shufflevector(a.raw, b.raw, (i % 2 * n + n / 2 + i / 2)...)));
}
/// Each of the four elements of a vector of windows gets dy if it is the one that `index` names,
/// otherwise 0.
template <class T>
TINYGRAD_INLINE void max_grad_windows_2x2(const Pooling& p, std::int64_t corner, const T* dy,
                                          const std::int64_t* index, T* upper, T* lower) {
  T places[lanes<T>];
  for (int i = 0; i < lanes<T>; ++i) places[i] = T(index[i] - corner - 2 * i);
  const Vec<T> place = load(places), from = load(dy);
  const auto at = [&](T p) { return where(place == Vec<T>(p), from, Vec<T>(0)); };
  constexpr auto order = std::make_integer_sequence<int, lanes<T>>();
  interleave<T>(upper, at(0), at(1), order);
  interleave<T>(lower, at(T(p.width)), at(T(p.width + 1)), order);
}
/// dx for 2 x 2 windows: each writes all of its four elements. From right to left, since a vector
/// may overwrite the beginning of the lower row.
template <class T>
void max_grad_plane_2x2(const Pooling& p, const T* dy, const std::int64_t* index, T* dx) {
  for (std::int64_t row = 0; row < p.out_height; ++row, dy += p.out_width, index += p.out_width)
    for (std::int64_t j = (ceil_div(p.out_width, lanes<T>) - 1) * lanes<T>; j >= 0; j -= lanes<T>) {
      T* upper = dx + 2 * (row * p.width + j);
      if (fits<T>(p, row, j)) {
        max_grad_windows_2x2<T>(p, upper - dx, dy + j, index + j, upper, upper + p.width);
        continue;
      }
      for (std::int64_t i = j; i < min(p.out_width, j + lanes<T>); ++i, upper += 2) {
        upper[0] = upper[1] = upper[p.width] = upper[p.width + 1] = 0;
        const std::int64_t place = index[i] - (upper - dx);
        if (place == 0 || place == 1 || place == p.width || place == p.width + 1)
          upper[place] = dy[i];
      }
    }
  for (std::int64_t i = 0; i < (p.width % 2 ? p.height : 0); ++i)
    dx[(i + 1) * p.width - 1] = 0;  // not in any window
  if (p.height % 2) std::memset(dx + (p.height - 1) * p.width, 0, std::size_t(p.width) * sizeof(T));
}
/// dx = what add(sums) adds to zeros. The sums are in double if an element may lie in many windows.
template <class T, class Add> void sum_plane(const Pooling& p, T* dx, const Add& add) {
  const auto from_zero = [&](auto* sums) {
    std::memset(sums, 0, std::size_t(p.in_pixels()) * sizeof *sums);
    add(sums);
  };
  const std::int64_t windows =
      std::int64_t(ceil_div(p.kh, p.window.stride[0])) * ceil_div(p.kw, p.window.stride[1]);
  if (windows <= 64) return from_zero(dx);
  const Scratch<double> sums(p.in_pixels());
  from_zero((double*)sums);
  for (std::int64_t i = 0; i < p.in_pixels(); ++i) dx[i] = T(sums[i]);
}
/// dx for any windows. Indices outside the plane are ignored.
template <class T>
void max_grad_plane(const Pooling& p, const T* dy, const std::int64_t* index, T* dx) {
  sum_plane(p, dx, [&]<class S>(S* sums) {
    for (std::int64_t k = 0; k < p.out_pixels(); ++k)
      if (std::uint64_t(index[k]) < std::uint64_t(p.in_pixels())) sums[index[k]] += S(dy[k]);
  });
}
template <class T> void avg_grad_plane(const Pooling& p, const T* dy, T* dx) {
  sum_plane(p, dx, [&]<class S>(S* sums) {
    for (std::int64_t row = 0; row < p.out_height; ++row)
      for (std::int64_t column = 0; column < p.out_width; ++column) {
        const S share = S(*dy++ / T(p.window_size()));
        for_each_window_element(
            p, rows_of(p, row), columns_of(p, column),
            [&](std::int64_t y, std::int64_t x) { sums[y * p.width + x] += share; });
      }
  });
}

template <class T> void avg_plane(const Pooling& p, const T* x, T* y) {
  for (std::int64_t row = 0; row < p.out_height; ++row)
    for (std::int64_t column = 0; column < p.out_width; ++column) {
      double sum = 0;
      for_each_window_element(
          p, rows_of(p, row), columns_of(p, column),
          [&](std::int64_t i, std::int64_t j) { sum += double(x[i * p.width + j]); });
      *y++ = T(sum / p.window_size());
    }
}

/// Runs f(plane) for all planes, in parallel.
template <class F> void for_each_plane(const Pooling& p, const F& f) {
  parallel_ranges(p.planes, p.planes_per_part(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) f(i);
  });
}

/// An int64 array of any strides as a dense one: itself if dense, otherwise scratch memory, which
/// read() fills and write() copies back.
class DenseIndices {
 public:
  explicit DenseIndices(const Array& x)
      : in_place_(is_dense(x)), scratch_(in_place_ ? 0 : x.count), x_(x) {}
  void read() const {
    if (!in_place_) copy(x_, dense());
  }
  void write() const {
    if (!in_place_) copy(dense(), x_);
  }
  operator std::int64_t*() const {
    return in_place_ ? static_cast<std::int64_t*>(x_.data) : scratch_;
  }

 private:
  Array dense() const { return dense_like(x_, scratch_, DType::int64); }
  bool in_place_;
  Scratch<std::int64_t> scratch_;
  const Array& x_;
};

}  // namespace

bool max_pool2d(const Array& x, int kh, int kw, const Window& window, const Array& y,
                const Array& index) {
  return in_real(y.dtype, [&]<class T>(T) {
    const Pooling p = pooling_of(x, y, kh, kw, window);
    const Input<T> from(x);
    Output<T> to(y);
    const DenseIndices indices(index);
    const bool is_fast = p.is_2x2() && p.width < 1 << 22;
    for_each_plane(p, [&](std::int64_t i) {
      (is_fast ? max_plane_2x2<T> : max_plane<T>)(p, from + i * p.in_pixels(),
                                                  to + i * p.out_pixels(),
                                                  indices + i * p.out_pixels());
    });
    to.finish();
    indices.write();
  });
}

bool max_pool2d_grad(const Array& dy, const Array& index, int kh, int kw, const Window& window,
                     const Array& dx) {
  return in_real(dx.dtype, [&]<class T>(T) {
    const Pooling p = pooling_of(dx, dy, kh, kw, window);
    const Input<T> from(dy);
    Output<T> to(dx);
    const DenseIndices indices(index);
    indices.read();
    const bool is_fast =
        p.is_2x2() && p.width > 1;  // with one column, 1 and `width` would be the same place
    for_each_plane(p, [&](std::int64_t i) {
      (is_fast ? max_grad_plane_2x2<T> : max_grad_plane<T>)(p, from + i * p.out_pixels(),
                                                            indices + i * p.out_pixels(),
                                                            to + i * p.in_pixels());
    });
    to.finish();
  });
}

bool avg_pool2d(const Array& x, int kh, int kw, const Window& window, const Array& y) {
  return in_real(y.dtype, [&]<class T>(T) {
    const Pooling p = pooling_of(x, y, kh, kw, window);
    const Input<T> from(x);
    Output<T> to(y);
    for_each_plane(p, [&](std::int64_t i) {
      avg_plane<T>(p, from + i * p.in_pixels(), to + i * p.out_pixels());
    });
    to.finish();
  });
}

bool avg_pool2d_grad(const Array& dy, int kh, int kw, const Window& window, const Array& dx) {
  return in_real(dx.dtype, [&]<class T>(T) {
    const Pooling p = pooling_of(dx, dy, kh, kw, window);
    const Input<T> from(dy);
    Output<T> to(dx);
    for_each_plane(p, [&](std::int64_t i) {
      avg_grad_plane<T>(p, from + i * p.out_pixels(), to + i * p.in_pixels());
    });
    to.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
