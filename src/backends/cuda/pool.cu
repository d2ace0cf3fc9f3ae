// Pooling of planes: x is [planes, height, width], y is [planes, out_height, out_width]. A thread
// computes one element of what it goes over, y on the way forth, x on the way back; neighbours
// share what they read through the cache.
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

constexpr int threads = 256;

struct Sizes {
  std::int32_t planes, height, width, out_height, out_width;
  std::int32_t kh, kw, stride_y, stride_x, padding_y, padding_x, dilation_y, dilation_x;
  Divisor by_height, by_width, by_out_height, by_out_width, by_stride_y, by_stride_x;
};

/// Where element i of some planes lies.
struct Spot {
  std::int32_t plane, row, column;
};
__device__ __forceinline__ Spot spot_of(std::uint32_t i, const Divisor& height,
                                        const Divisor& width) {
  const std::uint32_t line = width.quotient(i), plane = height.quotient(line);
  return {std::int32_t(plane), std::int32_t(line - plane * height.divisor),
          std::int32_t(i - line * width.divisor)};
}

// ------------------------------------------------------------ forward

/// f(place, value) for each element of the window of y's element at `spot` that is not padding;
/// place: row * width + column.
template <class T, class F>
__device__ __forceinline__ void each_in_window(const Array<T>& x, const Sizes& s, const Spot& spot,
                                               const F& f) {
  const std::int64_t plane = std::int64_t(spot.plane) * s.height * s.width;
  for (int i = 0; i < s.kh; ++i) {
    const std::int32_t row = spot.row * s.stride_y - s.padding_y + i * s.dilation_y;
    if (row < 0 || row >= s.height) continue;
    for (int j = 0; j < s.kw; ++j) {
      const std::int32_t column = spot.column * s.stride_x - s.padding_x + j * s.dilation_x,
                         place = row * s.width + column;
      if (column >= 0 && column < s.width) f(place, load(x, plane + place));
    }
  }
}

/// The largest of each window, and its place: the first of equals, the first NaN. Bytes: x once, y,
/// and 8 for each place.
template <class T>
__global__ void __launch_bounds__(threads)
    max_pool(const Array<T> x, const Array<T> y, std::int64_t* index, const Sizes s,
             const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  T best = -INFINITY;
  std::int32_t winner = -1;
  each_in_window(x, s, spot_of(i, s.by_out_height, s.by_out_width),
                 [&](std::int32_t place, T value) {
                   if (winner >= 0 && (value <= best || best != best)) return;
                   best = value, winner = place;
                 });
  store(y, i, best);
  index[i] = winner < 0 ? 0 : winner;
}

/// The mean of each window; padding counts as zeros. Bytes: x and y once.
template <class T>
__global__ void __launch_bounds__(threads)
    avg_pool(const Array<T> x, const Array<T> y, const Sizes s, const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  T sum = 0;
  each_in_window(x, s, spot_of(i, s.by_out_height, s.by_out_width),
                 [&](std::int32_t, T value) { sum += value; });
  store(y, i, sum / T(s.kh * s.kw));
}

// ------------------------------------------------------------ derivatives

/// The windows along one dimension that an element at `at` of the padded x is in: from `first` to
/// `last`.
struct Windows {
  std::int32_t first, last;
};
__device__ __forceinline__ Windows windows_of(std::int32_t at, std::int32_t reach,
                                              std::int32_t stride, const Divisor& by_stride,
                                              std::int32_t out_size) {
  const std::int32_t first =
      at <= reach ? 0 : std::int32_t(by_stride.quotient(std::uint32_t(at - reach + stride - 1)));
  const std::int32_t last = std::int32_t(by_stride.quotient(std::uint32_t(at)));
  return {first, last < out_size ? last : out_size - 1};
}
/// dx of an element: share(i, place) of each element i of dy whose window it is in, in the order of
/// dy.
template <class T, class Share>
__device__ __forceinline__ T gathered(const Sizes& s, std::uint32_t i, const Share& share) {
  const Spot spot = spot_of(i, s.by_height, s.by_width);
  const std::int32_t up = spot.row + s.padding_y, left = spot.column + s.padding_x;
  const Windows rows =
      windows_of(up, (s.kh - 1) * s.dilation_y, s.stride_y, s.by_stride_y, s.out_height);
  const Windows columns =
      windows_of(left, (s.kw - 1) * s.dilation_x, s.stride_x, s.by_stride_x, s.out_width);
  T sum = 0;
  for (std::int32_t row = rows.first; row <= rows.last; ++row) {
    if (s.dilation_y > 1 && (up - row * s.stride_y) % s.dilation_y != 0) continue;
    for (std::int32_t column = columns.first; column <= columns.last; ++column) {
      if (s.dilation_x > 1 && (left - column * s.stride_x) % s.dilation_x != 0) continue;
      sum += share((std::int64_t(spot.plane) * s.out_height + row) * s.out_width + column,
                   spot.row * s.width + spot.column);
    }
  }
  return sum;
}

/// Bytes: dy, 8 for each place, and dx once.
template <class T>
__global__ void __launch_bounds__(threads)
    max_pool_grad(const Array<T> dy, const std::int64_t* index, const Array<T> dx, const Sizes s,
                  const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  store(dx, i, gathered<T>(s, i, [&](std::int64_t at, std::int32_t place) {
          return index[at] == place ? load(dy, at) : T(0);
        }));
}
/// Bytes: dy and dx once.
template <class T>
__global__ void __launch_bounds__(threads)
    avg_pool_grad(const Array<T> dy, const Array<T> dx, const Sizes s, const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  store(dx, i, gathered<T>(s, i, [&](std::int64_t at, std::int32_t) {
          return load(dy, at) / T(s.kh * s.kw);
        }));
}

// ------------------------------------------------------------ calls

/// Planes of x [N, C, H, W] and y [N, C, h, w], as many at a time as 31 bits count.
class Planes {
 public:
  Planes(const View& x, const View& y, int kh, int kw, const Window& w)
      : x_plane_(x.size(2) * x.size(3)), y_plane_(y.size(2) * y.size(3)) {
    planes_ = x.size(0) * x.size(1);
    s_ = {0,
          int(x.size(2)),
          int(x.size(3)),
          int(y.size(2)),
          int(y.size(3)),
          kh,
          kw,
          w.stride[0],
          w.stride[1],
          w.padding[0],
          w.padding[1],
          w.dilation[0],
          w.dilation[1],
          {},
          {},
          {},
          {},
          {},
          {}};
    s_.by_height = Divisor(x.size(2)), s_.by_width = Divisor(x.size(3)),
    s_.by_out_height = Divisor(y.size(2)), s_.by_out_width = Divisor(y.size(3));
    s_.by_stride_y = Divisor(w.stride[0]), s_.by_stride_x = Divisor(w.stride[1]);
  }
  /// Whether a plane's places fit into 32 bits.
  bool fit() const {
    return std::max(x_plane_, y_plane_) < most && s_.height + 2 * s_.padding_y < most &&
           s_.width + 2 * s_.padding_x < most;
  }
  /// Calls f(sizes, the first element of x, of y, how many planes).
  template <class F> void each(const F& f) const {
    const std::int64_t together = most / std::max({x_plane_, y_plane_, std::int64_t(1)});
    for (std::int64_t first = 0; first < planes_; first += together) {
      Sizes s = s_;
      s.planes = int(std::min(together, planes_ - first));
      f(s, first * x_plane_, first * y_plane_);
    }
  }
  unsigned of_x(const Sizes& s) const { return unsigned(s.planes * x_plane_); }
  unsigned of_y(const Sizes& s) const { return unsigned(s.planes * y_plane_); }

 private:
  static constexpr std::int64_t most = (std::int64_t(1) << 31) - 4096;
  std::int64_t x_plane_, y_plane_, planes_;
  Sizes s_;
};
template <class T> Array<T> from(const View& v, std::int64_t first) {
  return {begin_of<char>(v, first), v.dtype(), 1, 0};
}
unsigned blocks(unsigned count) { return unsigned(ceil_div(count, threads)); }

}  // namespace

bool max_pool2d(Runtime& runtime, const View& x, int kh, int kw, const Window& window,
                const View& y, const View& index) {
  const Planes planes(x, y, kh, kw, window);
  if (!planes.fit()) return false;
  const Input in(runtime, x);
  const Output to(runtime, y), places(runtime, index);
  with_real(x.dtype(), [&]<class T>(T) {
    planes.each([&](const Sizes& s, std::int64_t at_x, std::int64_t at_y) {
      const unsigned count = planes.of_y(s);
      launch(runtime, "max_pool2d", blocks(count), threads, max_pool<T>, from<T>(in, at_x),
             from<T>(to, at_y), begin_of<std::int64_t>(places, at_y), s, count);
    });
  });
  to.finish(), places.finish();
  return true;
}

bool max_pool2d_grad(Runtime& runtime, const View& dy, const View& index, int kh, int kw,
                     const Window& window, const View& dx) {
  const Planes planes(dx, dy, kh, kw, window);
  if (!planes.fit()) return false;
  const Input in(runtime, dy), places(runtime, index);
  const Output to(runtime, dx);
  with_real(dx.dtype(), [&]<class T>(T) {
    planes.each([&](const Sizes& s, std::int64_t at_x, std::int64_t at_y) {
      const unsigned count = planes.of_x(s);
      launch(runtime, "max_pool2d_grad", blocks(count), threads, max_pool_grad<T>,
             from<T>(in, at_y), begin_of<std::int64_t>(places, at_y), from<T>(to, at_x), s, count);
    });
  });
  to.finish();
  return true;
}

bool avg_pool2d(Runtime& runtime, const View& x, int kh, int kw, const Window& window,
                const View& y) {
  const Planes planes(x, y, kh, kw, window);
  if (!planes.fit()) return false;
  const Input in(runtime, x);
  const Output to(runtime, y);
  with_real(x.dtype(), [&]<class T>(T) {
    planes.each([&](const Sizes& s, std::int64_t at_x, std::int64_t at_y) {
      const unsigned count = planes.of_y(s);
      launch(runtime, "avg_pool2d", blocks(count), threads, avg_pool<T>, from<T>(in, at_x),
             from<T>(to, at_y), s, count);
    });
  });
  to.finish();
  return true;
}

bool avg_pool2d_grad(Runtime& runtime, const View& dy, int kh, int kw, const Window& window,
                     const View& dx) {
  const Planes planes(dx, dy, kh, kw, window);
  if (!planes.fit()) return false;
  const Input in(runtime, dy);
  const Output to(runtime, dx);
  with_real(dx.dtype(), [&]<class T>(T) {
    planes.each([&](const Sizes& s, std::int64_t at_x, std::int64_t at_y) {
      const unsigned count = planes.of_x(s);
      launch(runtime, "avg_pool2d_grad", blocks(count), threads, avg_pool_grad<T>,
             from<T>(in, at_y), from<T>(to, at_x), s, count);
    });
  });
  to.finish();
  return true;
}

}  // namespace tinygrad::cuda
