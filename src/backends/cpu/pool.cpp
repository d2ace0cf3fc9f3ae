// Pooling, plane by plane: each thread takes planes of [N C, H, W]. Windows of 2 x 2 with stride 2
// have a path of their own.
#include "backends/cpu/dense.h"
#include "backends/cpu/lanes.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

struct Pool {
  std::int64_t planes, height, width, out_height, out_width;
  int kh, kw;
  Window window;
  std::int64_t in() const { return height * width; }
  std::int64_t out() const { return out_height * out_width; }
  std::int64_t together() const {
    return max<std::int64_t>(1, 16384 / max<std::int64_t>(1, in()));
  }  // planes of one part
  bool two_by_two() const {
    return kh == 2 && kw == 2 && window.stride[0] == 2 && window.stride[1] == 2 &&
           window.padding[0] == 0 && window.padding[1] == 0 && window.dilation[0] == 1 &&
           window.dilation[1] == 1;
  }
};

Pool pool_of(const Array& x, const Array& y, int kh, int kw, const Window& window) {
  return {x.shape[0] * x.shape[1], x.shape[2], x.shape[3], y.shape[2], y.shape[3], kh, kw, window};
}

/// Calls f(row, column) for the places of window (y, x) that lie in the plane, in row-major order.
template <class F>
TINYGRAD_INLINE void each_place(const Pool& p, std::int64_t y, std::int64_t x, const F& f) {
  for (int i = 0; i < p.kh; ++i) {
    const std::int64_t row =
        y * p.window.stride[0] - p.window.padding[0] + i * p.window.dilation[0];
    if (row < 0 || row >= p.height) continue;
    for (int j = 0; j < p.kw; ++j) {
      const std::int64_t column =
          x * p.window.stride[1] - p.window.padding[1] + j * p.window.dilation[1];
      if (column >= 0 && column < p.width) f(row, column);
    }
  }
}

/// Whether b replaces a as the largest: NaN beats numbers, and the first NaN stays.
template <class T> bool beats(T b, T a) { return !(b <= a) && a == a; }

template <class T> void max_plane(const Pool& p, const T* x, T* y, std::int64_t* index) {
  for (std::int64_t row = 0; row < p.out_height; ++row)
    for (std::int64_t column = 0; column < p.out_width; ++column) {
      std::int64_t best = -1;
      each_place(p, row, column, [&](std::int64_t i, std::int64_t j) {
        if (best < 0 || beats(x[i * p.width + j], x[best])) best = i * p.width + j;
      });
      *y++ = best < 0 ? T(-__builtin_inf()) : x[best];
      *index++ = best < 0 ? 0 : best;
    }
}

/// The even and the odd elements of two vectors that follow each other.
template <class Raw, int... i>
TINYGRAD_INLINE void separate(Raw a, Raw b, Raw& even, Raw& odd, std::integer_sequence<int, i...>) {
  even = __builtin_shufflevector(a, b, 2 * i...);
  odd = __builtin_shufflevector(a, b, 2 * i + 1 ...);
}

/// One vector of 2 x 2 windows: the largest, and where it stands from the window's corner, as a
/// number.
template <class T>
TINYGRAD_INLINE Vec<T> max_of_windows(const T* upper, const T* lower, T row, Vec<T>& place) {
  using Raw = typename Vec<T>::Raw;
  constexpr auto order = std::make_integer_sequence<int, lanes<T>>();
  Raw at[4];
  separate<Raw>(load(upper).raw, load(upper + lanes<T>).raw, at[0], at[1], order);
  separate<Raw>(load(lower).raw, load(lower + lanes<T>).raw, at[2], at[3], order);
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

/// n windows: their largest and its place in the plane; corner: where the first window begins.
template <class T>
TINYGRAD_INLINE void max_some(const Pool& p, std::int64_t corner, std::int64_t n, const T* upper,
                              const T* lower, T* y, std::int64_t* index) {
  Vec<T> place;
  const Vec<T> best = max_of_windows<T>(upper, lower, T(p.width), place);
  T places[lanes<T>];
  store(places, place);
  if (n == lanes<T>) {
    store(y, best);
    for (int i = 0; i < lanes<T>; ++i) index[i] = corner + 2 * i + std::int64_t(places[i]);
  } else {
    store_first(y, best, n);
    for (std::int64_t i = 0; i < n; ++i) index[i] = corner + 2 * i + std::int64_t(places[i]);
  }
}

/// Whether whole vectors may be read and written for windows (row, j) and on: what lies beyond the
/// row's end is in the plane too, and is written again with the next row. Else the last few windows
/// go through copies.
template <class T> bool fits(const Pool& p, std::int64_t row, std::int64_t j) {
  return row * p.out_width + j + lanes<T> <= p.out() &&
         (2 * row + 1) * p.width + 2 * (j + lanes<T>) <= p.in();
}

template <class T> void max_plane_2x2(const Pool& p, const T* x, T* y, std::int64_t* index) {
  for (std::int64_t row = 0; row < p.out_height; ++row, y += p.out_width, index += p.out_width)
    for (std::int64_t j = 0; j < p.out_width; j += lanes<T>) {
      const std::int64_t corner = 2 * (row * p.width + j),
                         n = min<std::int64_t>(lanes<T>, p.out_width - j);
      if (fits<T>(p, row, j)) {
        max_some<T>(p, corner, lanes<T>, x + corner, x + corner + p.width, y + j, index + j);
        continue;
      }
      T rows[2][2 * lanes<T>] = {};
      for (int r = 0; r < 2; ++r)
        std::memcpy(rows[r], x + corner + r * p.width, std::size_t(2 * n) * sizeof(T));
      max_some<T>(p, corner, n, rows[0], rows[1], y + j, index + j);
    }
}

/// Writes a and b by turns.
template <class T, int... i>
TINYGRAD_INLINE void interleave(T* to, Vec<T> a, Vec<T> b, std::integer_sequence<int, i...>) {
  constexpr int n = sizeof...(i);
  store(to, Vec<T>(__builtin_shufflevector(a.raw, b.raw, (i % 2 * n + i / 2)...)));
  store(to + n, Vec<T>(__builtin_shufflevector(a.raw, b.raw, (i % 2 * n + n / 2 + i / 2)...)));
}
/// The four places of a vector of windows get dy where index names them, else 0.
template <class T>
TINYGRAD_INLINE void spread_some(const Pool& p, std::int64_t corner, const T* dy,
                                 const std::int64_t* index, T* upper, T* lower) {
  T places[lanes<T>];
  for (int i = 0; i < lanes<T>; ++i) places[i] = T(index[i] - corner - 2 * i);
  const Vec<T> place = load(places), from = load(dy);
  const auto at = [&](T here) { return where(place == Vec<T>(here), from, Vec<T>(0)); };
  constexpr auto order = std::make_integer_sequence<int, lanes<T>>();
  interleave<T>(upper, at(0), at(1), order);
  interleave<T>(lower, at(T(p.width)), at(T(p.width + 1)), order);
}
/// dx for 2 x 2 windows: each writes all of its four places. From right to left, since a vector may
/// run into the lower row's beginning.
template <class T>
void max_grad_plane_2x2(const Pool& p, const T* dy, const std::int64_t* index, T* dx) {
  for (std::int64_t row = 0; row < p.out_height; ++row, dy += p.out_width, index += p.out_width)
    for (std::int64_t j = (ceil_div(p.out_width, lanes<T>) - 1) * lanes<T>; j >= 0; j -= lanes<T>) {
      T* upper = dx + 2 * (row * p.width + j);
      if (fits<T>(p, row, j)) {
        spread_some<T>(p, upper - dx, dy + j, index + j, upper, upper + p.width);
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
    dx[(i + 1) * p.width - 1] = 0;  // what no window covers
  if (p.height % 2) std::memset(dx + (p.height - 1) * p.width, 0, std::size_t(p.width) * sizeof(T));
}
/// dx for any windows. A place outside the plane is no place.
template <class T>
void max_grad_plane(const Pool& p, const T* dy, const std::int64_t* index, T* dx) {
  std::memset(dx, 0, std::size_t(p.in()) * sizeof(T));
  for (std::int64_t k = 0; k < p.out(); ++k)
    if (std::uint64_t(index[k]) < std::uint64_t(p.in())) dx[index[k]] += dy[k];
}

template <class T> void avg_plane(const Pool& p, const T* x, T* y) {
  for (std::int64_t row = 0; row < p.out_height; ++row)
    for (std::int64_t column = 0; column < p.out_width; ++column) {
      T sum = 0;
      each_place(p, row, column,
                 [&](std::int64_t i, std::int64_t j) { sum += x[i * p.width + j]; });
      *y++ = sum / T(p.kh * p.kw);
    }
}

/// Runs f(plane) for all planes.
template <class F> void each_plane(const Pool& p, const F& f) {
  parallel_ranges(p.planes, p.together(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) f(i);
  });
}

/// Indices, which are int64 and may lie anyhow, made dense.
class Indices {
 public:
  explicit Indices(const Array& x)
      : in_place_(x.count == 0 || is_dense(x)), scratch_(in_place_ ? 0 : x.count), x_(x) {}
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
    const Pool p = pool_of(x, y, kh, kw, window);
    const Input<T> from(x);
    Output<T> to(y);
    const Indices where(index);
    const bool quick = p.two_by_two() && p.width < 1 << 22;
    each_plane(p, [&](std::int64_t i) {
      (quick ? max_plane_2x2<T> : max_plane<T>)(p, from + i * p.in(), to + i * p.out(),
                                                where + i * p.out());
    });
    to.finish();
    where.write();
  });
}

bool max_pool2d_grad(const Array& dy, const Array& index, int kh, int kw, const Window& window,
                     const Array& dx) {
  return in_real(dx.dtype, [&]<class T>(T) {
    const Pool p = pool_of(dx, dy, kh, kw, window);
    const Input<T> from(dy);
    Output<T> to(dx);
    const Indices where(index);
    where.read();
    const bool quick =
        p.two_by_two() && p.width > 1;  // with one column, places 1 and `width` are the same
    each_plane(p, [&](std::int64_t i) {
      (quick ? max_grad_plane_2x2<T> : max_grad_plane<T>)(p, from + i * p.out(),
                                                          where + i * p.out(), to + i * p.in());
    });
    to.finish();
  });
}

bool avg_pool2d(const Array& x, int kh, int kw, const Window& window, const Array& y) {
  return in_real(y.dtype, [&]<class T>(T) {
    const Pool p = pool_of(x, y, kh, kw, window);
    const Input<T> from(x);
    Output<T> to(y);
    each_plane(p, [&](std::int64_t i) { avg_plane<T>(p, from + i * p.in(), to + i * p.out()); });
    to.finish();
  });
}

bool avg_pool2d_grad(const Array& dy, int kh, int kw, const Window& window, const Array& dx) {
  return in_real(dx.dtype, [&]<class T>(T) {
    const Pool p = pool_of(dx, dy, kh, kw, window);
    const Input<T> from(dy);
    Output<T> to(dx);
    each_plane(p, [&](std::int64_t i) {
      T* plane = to + i * p.in();
      const T* each = from + i * p.out();
      for (std::int64_t k = 0; k < p.in(); ++k) plane[k] = 0;
      for (std::int64_t row = 0; row < p.out_height; ++row)
        for (std::int64_t column = 0; column < p.out_width; ++column) {
          const T share = *each++ / T(kh * kw);
          each_place(p, row, column,
                     [&](std::int64_t y, std::int64_t x) { plane[y * p.width + x] += share; });
        }
    });
    to.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
