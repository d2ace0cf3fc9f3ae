// Softmax, log_softmax and their derivatives, a line at a time (rows.cuh).
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

/// y of a number, from what its line has in common.
template <bool logarithm, class T> struct Forward {
  T top, factor;  // 1 / Σ exp(x - top), or the logarithm of the sum
  __device__ __forceinline__ Forward(T top, T sum)
      : top(top), factor(logarithm ? std::log(sum) : 1 / sum) {}
  __device__ __forceinline__ T operator()(T x) const {
    return logarithm ? x - top - factor : std::exp(x - top) * factor;
  }
};
/// dx = y (dy - Σ dy y), or dy - exp(y) Σ dy.
template <bool logarithm> struct Backward {
  template <class T> static __device__ __forceinline__ T summand(T dy, T y) {
    return logarithm ? dy : dy * y;
  }
  template <class T> static __device__ __forceinline__ T dx(T dy, T y, T total) {
    return logarithm ? dy - std::exp(y) * total : y * (dy - total);
  }
};
using Sums = OnlineSum<false>;
template <class T> __device__ __forceinline__ Online<T> nothing() { return {T(-INFINITY), 0}; }

// ------------------------------------------------------------ forward

/// Rows in registers. Bytes: x and y once. Expected at nine tenths of the bandwidth; not measured.
template <bool logarithm, class T, int lanes, int items>
__global__ void __launch_bounds__(row_threads)
    softmax_rows(const Array<T> x, const Array<T> y, const std::int64_t rows,
                 const std::int64_t size, const bool fours) {
  const RowPlace<lanes> place;
  const std::int64_t first = place.row * size, there = place.row < rows ? size : 0;
  Row<T, lanes, items> row;
  row.read(x, From{first}, there, fours, T(-INFINITY));
  const T top = reduce_lanes<lanes>(row.joined(Max()), Max());
  if constexpr (logarithm) {
    Row<T, lanes, items> exps = row;
    exps.each([&](T& v) { v = std::exp(v - top); });
    const T log_sum = std::log(reduce_lanes<lanes>(exps.joined(Sum()), Sum()));
    row.each([&](T& v) { v = v - top - log_sum; });
  } else {
    row.each([&](T& v) { v = std::exp(v - top); });
    const T factor = 1 / reduce_lanes<lanes>(row.joined(Sum()), Sum());
    row.each([&](T& v) { v *= factor; });
  }
  row.write(y, From{first}, there, fours);
}

/// Long rows, a block each. Bytes: x twice, the second time mostly from the cache, and y once.
template <bool logarithm, class T>
__global__ void __launch_bounds__(row_threads)
    softmax_long_rows(const Array<T> x, const Array<T> y, const std::int64_t size,
                      const bool fours) {
  const std::int64_t first = blockIdx.x * size;
  Chunk<T> chunk;
  Online<T> total = nothing<T>();
  for (std::int64_t i = 0; i < size; i += chunk.most) {
    chunk.read(x, From{first + i}, size - i, fours, T(-INFINITY));
    Sums::add(total, chunk);
  }
  total = reduce_lanes<row_threads>(total, Sums());
  const Forward<logarithm, T> forward(total.top, total.sum);
  for (std::int64_t i = 0; i < size; i += chunk.most) {
    chunk.read(x, From{first + i}, size - i, fours, 0);
    chunk.each([&](T& v) { v = forward(v); });
    chunk.write(y, From{first + i}, size - i, fours);
  }
}

/// Columns. Bytes: x twice, the second time mostly from the cache, and y once.
template <bool logarithm, class T>
__global__ void __launch_bounds__(row_threads)
    softmax_columns(const Array<T> x, const Array<T> y, const std::int64_t lines,
                    const std::int64_t size, const std::int64_t inner) {
  const ColumnPlace place(lines, size, inner);
  const std::int64_t there = place.is_there ? size : 0;
  Online<T> total = nothing<T>();
  for (std::int64_t i = place.turn; i < there; i += 4 * down) {
    T some[4];
#pragma unroll
    for (int k = 0; k < 4; ++k)
      some[k] = i + k * down < there ? load(x, place.at(i + k * down)) : T(-INFINITY);
    Sums::add(total, some);
  }
  total = join_column(total, Sums());
  const Forward<logarithm, T> forward(total.top, total.sum);
#pragma unroll 4
  for (std::int64_t i = place.turn; i < there; i += down)
    store(y, place.at(i), forward(load(x, place.at(i))));
}

template <bool logarithm, class T>
void forward_as(Runtime& runtime, const char* name, const View& x, const View& y,
                const Lines& lines) {
  const Array<T> from = array_of<T>(x), to = array_of<T>(y);
  if (lines.inner > 1)
    return launch(runtime, name, unsigned(ceil_div(lines.count(), across)), row_threads,
                  softmax_columns<logarithm, T>, from, to, lines.count(), lines.size, lines.inner);
  const bool fours = in_fours<T>(lines.size);
  const auto rows = [&](auto lanes, auto items) {
    launch(runtime, name, blocks_of_rows(lines.outer, lanes), row_threads,
           softmax_rows<logarithm, T, lanes, items>, from, to, lines.outer, lines.size, fours);
  };
  // Rows enough to keep the device busy with a warp each, which waits at no barrier. (Of 1025 to
  // 2048 numbers, a row's last bits depend on it.)
  constexpr std::int64_t many = 2048;
  const bool fits =
      lines.outer < many ? with_row<T>(lines.size, rows) : with_row<T, 16>(lines.size, rows);
  if (!fits)
    launch(runtime, name, unsigned(lines.outer), row_threads, softmax_long_rows<logarithm, T>, from,
           to, lines.size, fours);
}

// ------------------------------------------------------------ derivatives

/// Rows in registers. Bytes: dy, y and dx once. Expected at nine tenths of the bandwidth; not
/// measured.
template <bool logarithm, class T, int lanes, int items>
__global__ void __launch_bounds__(row_threads)
    softmax_grad_rows(const Array<T> dy, const Array<T> y, const Array<T> dx,
                      const std::int64_t rows, const std::int64_t size, const bool fours) {
  const RowPlace<lanes> place;
  const std::int64_t first = place.row * size, there = place.row < rows ? size : 0;
  Row<T, lanes, items> given, kept;
  given.read(dy, From{first}, there, fours, 0);
  kept.read(y, From{first}, there, fours, 0);
  Row<T, lanes, items> summands = given;
  summands.each_with(kept, [](T& d, T v) { d = Backward<logarithm>::summand(d, v); });
  const T total = reduce_lanes<lanes>(summands.joined(Sum()), Sum());
  given.each_with(kept, [&](T& d, T v) { d = Backward<logarithm>::dx(d, v, total); });
  given.write(dx, From{first}, there, fours);
}

/// Long rows, a block each. Bytes: dy and y twice, the second time mostly from the cache, and dx
/// once.
template <bool logarithm, class T>
__global__ void __launch_bounds__(row_threads)
    softmax_grad_long_rows(const Array<T> dy, const Array<T> y, const Array<T> dx,
                           const std::int64_t size, const bool fours) {
  const std::int64_t first = blockIdx.x * size;
  Chunk<T> given, kept;
  T sum = 0;
  for (std::int64_t i = 0; i < size; i += given.most) {
    given.read(dy, From{first + i}, size - i, fours, 0);
    kept.read(y, From{first + i}, size - i, fours, 0);
    given.each_with(kept, [](T& d, T v) { d = Backward<logarithm>::summand(d, v); });
    sum += given.joined(Sum());
  }
  const T total = reduce_lanes<row_threads>(sum, Sum());
  for (std::int64_t i = 0; i < size; i += given.most) {
    given.read(dy, From{first + i}, size - i, fours, 0);
    kept.read(y, From{first + i}, size - i, fours, 0);
    given.each_with(kept, [&](T& d, T v) { d = Backward<logarithm>::dx(d, v, total); });
    given.write(dx, From{first + i}, size - i, fours);
  }
}

/// Columns. Bytes: dy and y twice, the second time mostly from the cache, and dx once.
template <bool logarithm, class T>
__global__ void __launch_bounds__(row_threads)
    softmax_grad_columns(const Array<T> dy, const Array<T> y, const Array<T> dx,
                         const std::int64_t lines, const std::int64_t size,
                         const std::int64_t inner) {
  const ColumnPlace place(lines, size, inner);
  const std::int64_t there = place.is_there ? size : 0;
  T sum = 0;
#pragma unroll 4
  for (std::int64_t i = place.turn; i < there; i += down)
    sum += Backward<logarithm>::summand(load(dy, place.at(i)), load(y, place.at(i)));
  const T total = join_column(sum, Sum());
#pragma unroll 4
  for (std::int64_t i = place.turn; i < there; i += down)
    store(dx, place.at(i),
          Backward<logarithm>::dx(load(dy, place.at(i)), load(y, place.at(i)), total));
}

template <bool logarithm, class T>
void backward_as(Runtime& runtime, const char* name, const View& dy, const View& y, const View& dx,
                 const Lines& lines) {
  const Array<T> given = array_of<T>(dy), kept = array_of<T>(y), to = array_of<T>(dx);
  if (lines.inner > 1)
    return launch(runtime, name, unsigned(ceil_div(lines.count(), across)), row_threads,
                  softmax_grad_columns<logarithm, T>, given, kept, to, lines.count(), lines.size,
                  lines.inner);
  const bool fours = in_fours<T>(lines.size);
  const bool fits = with_row<T>(lines.size, [&](auto lanes, auto items) {
    launch(runtime, name, blocks_of_rows(lines.outer, lanes), row_threads,
           softmax_grad_rows<logarithm, T, lanes, items>, given, kept, to, lines.outer, lines.size,
           fours);
  });
  if (!fits)
    launch(runtime, name, unsigned(lines.outer), row_threads, softmax_grad_long_rows<logarithm, T>,
           given, kept, to, lines.size, fours);
}

// ------------------------------------------------------------ calls

template <bool logarithm>
bool forward(Runtime& runtime, const char* name, const View& x, int dim, const View& y) {
  if (y.count() == 0) return true;
  const Input from(runtime, x);
  const Output to(runtime, y);
  if (y.dtype() == DType::float64)
    forward_as<logarithm, double>(runtime, name, from, to, lines_along(x, dim));
  else forward_as<logarithm, float>(runtime, name, from, to, lines_along(x, dim));
  to.finish();
  return true;
}
template <bool logarithm>
bool backward(Runtime& runtime, const char* name, const View& dy, const View& y, int dim,
              const View& dx) {
  if (dx.count() == 0) return true;
  const Input given(runtime, dy), kept(runtime, y);
  const Output to(runtime, dx);
  if (dx.dtype() == DType::float64)
    backward_as<logarithm, double>(runtime, name, given, kept, to, lines_along(dx, dim));
  else backward_as<logarithm, float>(runtime, name, given, kept, to, lines_along(dx, dim));
  to.finish();
  return true;
}

}  // namespace

bool softmax(Runtime& runtime, const View& x, int dim, const View& y) {
  return forward<false>(runtime, "softmax", x, dim, y);
}
bool log_softmax(Runtime& runtime, const View& x, int dim, const View& y) {
  return forward<true>(runtime, "log_softmax", x, dim, y);
}
bool softmax_grad(Runtime& runtime, const View& dy, const View& y, int dim, const View& dx) {
  return backward<false>(runtime, "softmax_grad", dy, y, dim, dx);
}
bool log_softmax_grad(Runtime& runtime, const View& dy, const View& y, int dim, const View& dx) {
  return backward<true>(runtime, "log_softmax_grad", dy, y, dim, dx);
}

}  // namespace tinygrad::cuda
