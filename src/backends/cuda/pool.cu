// SPDX-License-Identifier: MIT
// Computes max and average pooling and their derivatives: x is [planes, height, width], y is
// [planes, out_height, out_width]. A thread computes one element of y, or one of dx; neighbouring
// threads share the elements that they read through the cache.
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

constexpr int threads = 256;

struct Sizes {
  std::int32_t planes, height, width, out_height, out_width;
  std::int32_t kh, kw, stride_y, stride_x, padding_y, padding_x, dilation_y, dilation_x;
  Divisor by_height, by_width, by_out_height, by_out_width, by_stride_y, by_stride_x;
  template <class T> __device__ __forceinline__ T window_size() const { return T(kh) * T(kw); }
};

/// The coordinates of an element.
struct Position {
  std::int32_t plane, row, column;
};
__device__ __forceinline__ Position unravel(std::uint32_t i, const Divisor& height,
                                            const Divisor& width) {
  const std::uint32_t row = width.quotient(i), plane = height.quotient(row);
  return {std::int32_t(plane), std::int32_t(row - plane * height.divisor),
          std::int32_t(i - row * width.divisor)};
}

// ------------------------------------------------------------ forward

/// Calls f(index, value) for every element of x in the window of y's element at `position`, padding
/// left out; index: row * width + column.
template <class T, class F>
__device__ __forceinline__ void for_each_in_window(const Array<T>& x, const Sizes& s,
                                                   const Position& position, const F& f) {
  const std::int64_t plane = std::int64_t(position.plane) * s.height * s.width;
  for (int i = 0; i < s.kh; ++i) {
    const std::int32_t row = position.row * s.stride_y - s.padding_y + i * s.dilation_y;
    if (row < 0 || row >= s.height) continue;
    for (int j = 0; j < s.kw; ++j) {
      const std::int32_t column = position.column * s.stride_x - s.padding_x + j * s.dilation_x,
                         index = row * s.width + column;
      if (column >= 0 && column < s.width) f(index, load(x, plane + index));
    }
  }
}

/// The maximum of each window, and its index: of equal elements, and of NaNs, the first. Bytes: x
/// once, y, and 8 per index.
template <class T>
__global__ void __launch_bounds__(threads)
    max_pool(const Array<T> x, const Array<T> y, std::int64_t* index, const Sizes s,
             const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  T best = -INFINITY;
  std::int32_t best_at = -1;
  for_each_in_window(x, s, unravel(i, s.by_out_height, s.by_out_width),
                     [&](std::int32_t at, T value) {
                       if (best_at >= 0 && (value <= best || best != best)) return;
                       best = value, best_at = at;
                     });
  store(y, i, best);
  index[i] = best_at < 0 ? 0 : best_at;
}

/// The mean of each window; padding counts as zeros. Bytes: x and y once.
template <class T>
__global__ void __launch_bounds__(threads)
    avg_pool(const Array<T> x, const Array<T> y, const Sizes s, const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  CompensatedSum<T> sum;
  for_each_in_window(x, s, unravel(i, s.by_out_height, s.by_out_width),
                     [&](std::int32_t, T value) { sum += value; });
  store(y, i, sum.total / s.window_size<T>());
}

// ------------------------------------------------------------ derivatives

/// The windows along one dimension, `first` to `last`, that may contain the element at `at` of the
/// padded x.
struct Windows {
  std::int32_t first, last;
};
__device__ __forceinline__ Windows windows_of(std::int32_t at, std::int32_t extent,
                                              std::int32_t stride, const Divisor& by_stride,
                                              std::int32_t out_size) {
  const std::int32_t first =
      at <= extent ? 0 : std::int32_t(by_stride.quotient(std::uint32_t(at - extent + stride - 1)));
  const std::int32_t last = std::int32_t(by_stride.quotient(std::uint32_t(at)));
  return {first, last < out_size ? last : out_size - 1};
}
/// dx of element i of x: the sum of term(o, index) over the elements o of dy whose windows contain
/// it, in the order of dy; index: row * width + column of element i.
template <class T, class Term>
__device__ __forceinline__ T sum_over_windows(const Sizes& s, std::uint32_t i, const Term& term) {
  const Position position = unravel(i, s.by_height, s.by_width);
  const std::int32_t top = position.row + s.padding_y, left = position.column + s.padding_x;
  const Windows rows =
      windows_of(top, (s.kh - 1) * s.dilation_y, s.stride_y, s.by_stride_y, s.out_height);
  const Windows columns =
      windows_of(left, (s.kw - 1) * s.dilation_x, s.stride_x, s.by_stride_x, s.out_width);
  CompensatedSum<T> sum;
  for (std::int32_t row = rows.first; row <= rows.last; ++row) {
    if (s.dilation_y > 1 && (top - row * s.stride_y) % s.dilation_y != 0) continue;
    for (std::int32_t column = columns.first; column <= columns.last; ++column) {
      if (s.dilation_x > 1 && (left - column * s.stride_x) % s.dilation_x != 0) continue;
      sum += term((std::int64_t(position.plane) * s.out_height + row) * s.out_width + column,
                  position.row * s.width + position.column);
    }
  }
  return sum.total;
}

/// Bytes: dy, 8 per index, and dx once.
template <class T>
__global__ void __launch_bounds__(threads)
    max_pool_grad(const Array<T> dy, const std::int64_t* indices, const Array<T> dx, const Sizes s,
                  const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  store(dx, i, sum_over_windows<T>(s, i, [&](std::int64_t o, std::int32_t index) {
          return indices[o] == index ? load(dy, o) : T(0);
        }));
}
/// Bytes: dy and dx once.
template <class T>
__global__ void __launch_bounds__(threads)
    avg_pool_grad(const Array<T> dy, const Array<T> dx, const Sizes s, const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  store(dx, i, sum_over_windows<T>(s, i, [&](std::int64_t o, std::int32_t) {
          return load(dy, o) / s.window_size<T>();
        }));
}

// ------------------------------------------------------------ calls

/// Launches over the planes of x [N, C, H, W] and y [N, C, h, w], as many at a time as 31 bits can
/// count.
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
  /// Returns whether indices of a plane fit into 32 bits.
  bool fit() const {
    return std::max(x_plane_, y_plane_) < max_elements &&
           s_.height + 2 * s_.padding_y < max_elements &&
           s_.width + 2 * s_.padding_x < max_elements;
  }
  /// Calls f(sizes, first element of x, first element of y); sizes.planes is the number of planes.
  template <class F> void for_each(const F& f) const {
    const std::int64_t per_launch = max_elements / std::max({x_plane_, y_plane_, std::int64_t(1)});
    for (std::int64_t first = 0; first < planes_; first += per_launch) {
      Sizes s = s_;
      s.planes = int(std::min(per_launch, planes_ - first));
      f(s, first * x_plane_, first * y_plane_);
    }
  }
  unsigned x_count(const Sizes& s) const { return unsigned(s.planes * x_plane_); }
  unsigned y_count(const Sizes& s) const { return unsigned(s.planes * y_plane_); }

 private:
  static constexpr std::int64_t max_elements = (std::int64_t(1) << 31) - 4096;
  std::int64_t x_plane_, y_plane_, planes_;
  Sizes s_;
};
template <class T> Array<T> array_from(const View& v, std::int64_t first) {
  return {begin_of<char>(v, first), v.dtype(), 1, 0};
}
unsigned blocks(unsigned count) { return unsigned(ceil_div(count, threads)); }

}  // namespace

bool max_pool2d(Runtime& runtime, const View& x, int kh, int kw, const Window& window,
                const View& y, const View& index) {
  const Planes planes(x, y, kh, kw, window);
  if (!planes.fit()) return false;
  const Input input(runtime, x);
  const Output output(runtime, y), indices(runtime, index);
  with_real(x.dtype(), [&]<class T>(T) {
    planes.for_each([&](const Sizes& s, std::int64_t at_x, std::int64_t at_y) {
      const unsigned count = planes.y_count(s);
      launch(runtime, "max_pool2d", blocks(count), threads, max_pool<T>, array_from<T>(input, at_x),
             array_from<T>(output, at_y), begin_of<std::int64_t>(indices, at_y), s, count);
    });
  });
  output.finish(), indices.finish();
  return true;
}

bool max_pool2d_grad(Runtime& runtime, const View& dy, const View& index, int kh, int kw,
                     const Window& window, const View& dx) {
  const Planes planes(dx, dy, kh, kw, window);
  if (!planes.fit()) return false;
  const Input grad(runtime, dy), indices(runtime, index);
  const Output output(runtime, dx);
  with_real(dx.dtype(), [&]<class T>(T) {
    planes.for_each([&](const Sizes& s, std::int64_t at_x, std::int64_t at_y) {
      const unsigned count = planes.x_count(s);
      launch(runtime, "max_pool2d_grad", blocks(count), threads, max_pool_grad<T>,
             array_from<T>(grad, at_y), begin_of<std::int64_t>(indices, at_y),
             array_from<T>(output, at_x), s, count);
    });
  });
  output.finish();
  return true;
}

bool avg_pool2d(Runtime& runtime, const View& x, int kh, int kw, const Window& window,
                const View& y) {
  const Planes planes(x, y, kh, kw, window);
  if (!planes.fit()) return false;
  const Input input(runtime, x);
  const Output output(runtime, y);
  with_real(x.dtype(), [&]<class T>(T) {
    planes.for_each([&](const Sizes& s, std::int64_t at_x, std::int64_t at_y) {
      const unsigned count = planes.y_count(s);
      launch(runtime, "avg_pool2d", blocks(count), threads, avg_pool<T>, array_from<T>(input, at_x),
             array_from<T>(output, at_y), s, count);
    });
  });
  output.finish();
  return true;
}

bool avg_pool2d_grad(Runtime& runtime, const View& dy, int kh, int kw, const Window& window,
                     const View& dx) {
  const Planes planes(dx, dy, kh, kw, window);
  if (!planes.fit()) return false;
  const Input grad(runtime, dy);
  const Output output(runtime, dx);
  with_real(dx.dtype(), [&]<class T>(T) {
    planes.for_each([&](const Sizes& s, std::int64_t at_x, std::int64_t at_y) {
      const unsigned count = planes.x_count(s);
      launch(runtime, "avg_pool2d_grad", blocks(count), threads, avg_pool_grad<T>,
             array_from<T>(grad, at_y), array_from<T>(output, at_x), s, count);
    });
  });
  output.finish();
  return true;
}

}  // namespace tinygrad::cuda
