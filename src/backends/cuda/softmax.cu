// SPDX-License-Identifier: MIT
// Computes softmax, log_softmax and their derivatives along one dimension (rows.cuh):
//   softmax:      y = exp(x - max) / Σ exp(x - max)       dx = y (dy - Σ dy y)
//   log_softmax:  y = x - max - log Σ exp(x - max)        dx = dy - exp(y) Σ dy
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

/// y of one element, from the row maximum and Σ exp(x - row_max). factor: 1 / sum, or log(sum).
template <bool is_log, class T> struct Forward {
  T row_max, factor;
  __device__ __forceinline__ Forward(T row_max, T sum)
      : row_max(row_max), factor(is_log ? std::log(sum) : 1 / sum) {}
  __device__ __forceinline__ T operator()(T x) const {
    return is_log ? x - row_max - factor : std::exp(x - row_max) * factor;
  }
};
/// dx of one element from Σ term over its slice.
template <bool is_log> struct Backward {
  template <class T> static __device__ __forceinline__ T term(T dy, T y) {
    return is_log ? dy : dy * y;
  }
  template <class T> static __device__ __forceinline__ T dx(T dy, T y, T total) {
    return is_log ? dy - std::exp(y) * total : y * (dy - total);
  }
};
using Online = NormalizerOp<false>;

// ------------------------------------------------------------ forward

/// Rows in registers. Bytes: x and y once. Not measured yet: expected at nine tenths of the
/// bandwidth.
template <bool is_log, class T, int lanes, int items>
__global__ void __launch_bounds__(row_threads)
    softmax_rows(const Array<T> x, const Array<T> y, const std::int64_t rows,
                 const std::int64_t size, const bool vec4) {
  const RowThread<lanes> thread;
  const std::int64_t first = thread.row * size, valid = thread.row < rows ? size : 0;
  Row<T, lanes, items> row;
  row.read(x, RowOffset{first}, valid, vec4, T(-INFINITY));
  const T row_max = reduce_lanes<lanes>(row.thread_reduce(Max()), Max());
  if constexpr (is_log) {
    Row<T, lanes, items> exps = row;
    exps.for_each([&](T& v) { v = std::exp(v - row_max); });
    const T log_sum = std::log(reduce_lanes<lanes>(exps.thread_reduce(Sum()), Sum()));
    row.for_each([&](T& v) { v = v - row_max - log_sum; });
  } else {
    row.for_each([&](T& v) { v = std::exp(v - row_max); });
    const T factor = 1 / reduce_lanes<lanes>(row.thread_reduce(Sum()), Sum());
    row.for_each([&](T& v) { v *= factor; });
  }
  row.write(y, RowOffset{first}, valid, vec4);
}

/// Long rows, one block per row. Bytes: x twice, the second time mostly from the cache, and y once.
template <bool is_log, class T>
__global__ void __launch_bounds__(row_threads)
    softmax_long_rows(const Array<T> x, const Array<T> y, const std::int64_t size,
                      const bool vec4) {
  const std::int64_t first = blockIdx.x * size;
  Chunk<T> chunk;
  Normalizer<T> total = Online::identity<T>();
  for (std::int64_t i = 0; i < size; i += chunk.capacity) {
    chunk.read(x, RowOffset{first + i}, size - i, vec4, T(-INFINITY));
    Online::add(total, chunk);
  }
  total = reduce_lanes<row_threads>(total, Online());
  const Forward<is_log, T> forward(total.row_max, total.sum);
  for (std::int64_t i = 0; i < size; i += chunk.capacity) {
    chunk.read(x, RowOffset{first + i}, size - i, vec4, 0);
    chunk.for_each([&](T& v) { v = forward(v); });
    chunk.write(y, RowOffset{first + i}, size - i, vec4);
  }
}

/// Columns. Bytes: x twice, the second time mostly from the cache, and y once.
template <bool is_log, class T>
__global__ void __launch_bounds__(row_threads)
    softmax_columns(const Array<T> x, const Array<T> y, const std::int64_t columns,
                    const std::int64_t size, const std::int64_t inner) {
  const ColumnThread thread(columns, size, inner);
  const std::int64_t valid = thread.is_valid ? size : 0;
  Normalizer<T> total = Online::identity<T>();
  for (std::int64_t i = thread.warp; i < valid; i += 4 * warps_per_column) {
    T values[4];
#pragma unroll
    for (int k = 0; k < 4; ++k)
      values[k] = i + k * warps_per_column < valid
                      ? load(x, thread.offset(i + k * warps_per_column))
                      : T(-INFINITY);
    Online::add(total, values);
  }
  total = reduce_column(total, Online());
  const Forward<is_log, T> forward(total.row_max, total.sum);
#pragma unroll 4
  for (std::int64_t i = thread.warp; i < valid; i += warps_per_column)
    store(y, thread.offset(i), forward(load(x, thread.offset(i))));
}

template <bool is_log, class T>
void forward_as(Runtime& runtime, const char* name, const View& x, const View& y,
                const Slices& slices) {
  const Array<T> xs = array_of<T>(x), ys = array_of<T>(y);
  if (slices.inner > 1)
    return launch(runtime, name, unsigned(ceil_div(slices.count(), columns_per_block)), row_threads,
                  softmax_columns<is_log, T>, xs, ys, slices.count(), slices.size, slices.inner);
  const bool vec4 = can_use_vec4<T>(slices.size);
  const auto rows = [&](auto lanes, auto items) {
    launch(runtime, name, blocks_for_rows(slices.outer, lanes), row_threads,
           softmax_rows<is_log, T, lanes, items>, xs, ys, slices.outer, slices.size, vec4);
  };
  // From this many rows on, one warp per row keeps the device busy, and it waits at no barrier. (In
  // rows of 1025 to 2048 elements, the last bits of the result depend on it.)
  constexpr std::int64_t enough_rows = 2048;
  const bool fits = slices.outer < enough_rows ? dispatch_row<T>(slices.size, rows)
                                               : dispatch_row<T, 16>(slices.size, rows);
  if (!fits)
    launch(runtime, name, unsigned(slices.outer), row_threads, softmax_long_rows<is_log, T>, xs, ys,
           slices.size, vec4);
}

// ------------------------------------------------------------ derivatives

/// Rows in registers. Bytes: dy, y and dx once. Not measured yet: expected at nine tenths of the
/// bandwidth.
template <bool is_log, class T, int lanes, int items>
__global__ void __launch_bounds__(row_threads)
    softmax_grad_rows(const Array<T> dy, const Array<T> y, const Array<T> dx,
                      const std::int64_t rows, const std::int64_t size, const bool vec4) {
  const RowThread<lanes> thread;
  const std::int64_t first = thread.row * size, valid = thread.row < rows ? size : 0;
  Row<T, lanes, items> dy_row, y_row;
  dy_row.read(dy, RowOffset{first}, valid, vec4, 0);
  y_row.read(y, RowOffset{first}, valid, vec4, 0);
  Row<T, lanes, items> products = dy_row;
  products.for_each_with(y_row, [](T& d, T v) { d = Backward<is_log>::term(d, v); });
  const T total = reduce_lanes<lanes>(products.thread_reduce(Sum()), Sum());
  dy_row.for_each_with(y_row, [&](T& d, T v) { d = Backward<is_log>::dx(d, v, total); });
  dy_row.write(dx, RowOffset{first}, valid, vec4);
}

/// Long rows, one block per row. Bytes: dy and y twice, the second time mostly from the cache, and
/// dx once.
template <bool is_log, class T>
__global__ void __launch_bounds__(row_threads)
    softmax_grad_long_rows(const Array<T> dy, const Array<T> y, const Array<T> dx,
                           const std::int64_t size, const bool vec4) {
  const std::int64_t first = blockIdx.x * size;
  Chunk<T> dy_chunk, y_chunk;
  CompensatedSum<T> sum;
  for (std::int64_t i = 0; i < size; i += dy_chunk.capacity) {
    dy_chunk.read(dy, RowOffset{first + i}, size - i, vec4, 0);
    y_chunk.read(y, RowOffset{first + i}, size - i, vec4, 0);
    dy_chunk.for_each_with(y_chunk, [](T& d, T v) { d = Backward<is_log>::term(d, v); });
    sum += dy_chunk.thread_reduce(Sum());
  }
  const T total = reduce_lanes<row_threads>(sum.total, Sum());
  for (std::int64_t i = 0; i < size; i += dy_chunk.capacity) {
    dy_chunk.read(dy, RowOffset{first + i}, size - i, vec4, 0);
    y_chunk.read(y, RowOffset{first + i}, size - i, vec4, 0);
    dy_chunk.for_each_with(y_chunk, [&](T& d, T v) { d = Backward<is_log>::dx(d, v, total); });
    dy_chunk.write(dx, RowOffset{first + i}, size - i, vec4);
  }
}

/// Columns. Bytes: dy and y twice, the second time mostly from the cache, and dx once.
template <bool is_log, class T>
__global__ void __launch_bounds__(row_threads)
    softmax_grad_columns(const Array<T> dy, const Array<T> y, const Array<T> dx,
                         const std::int64_t columns, const std::int64_t size,
                         const std::int64_t inner) {
  const ColumnThread thread(columns, size, inner);
  const std::int64_t valid = thread.is_valid ? size : 0;
  CompensatedSum<T> sum;
#pragma unroll 4
  for (std::int64_t i = thread.warp; i < valid; i += warps_per_column)
    sum += Backward<is_log>::term(load(dy, thread.offset(i)), load(y, thread.offset(i)));
  const T total = reduce_column(sum.total, Sum());
#pragma unroll 4
  for (std::int64_t i = thread.warp; i < valid; i += warps_per_column)
    store(dx, thread.offset(i),
          Backward<is_log>::dx(load(dy, thread.offset(i)), load(y, thread.offset(i)), total));
}

template <bool is_log, class T>
void backward_as(Runtime& runtime, const char* name, const View& dy, const View& y, const View& dx,
                 const Slices& slices) {
  const Array<T> dys = array_of<T>(dy), ys = array_of<T>(y), dxs = array_of<T>(dx);
  if (slices.inner > 1)
    return launch(runtime, name, unsigned(ceil_div(slices.count(), columns_per_block)), row_threads,
                  softmax_grad_columns<is_log, T>, dys, ys, dxs, slices.count(), slices.size,
                  slices.inner);
  const bool vec4 = can_use_vec4<T>(slices.size);
  const bool fits = dispatch_row<T>(slices.size, [&](auto lanes, auto items) {
    launch(runtime, name, blocks_for_rows(slices.outer, lanes), row_threads,
           softmax_grad_rows<is_log, T, lanes, items>, dys, ys, dxs, slices.outer, slices.size,
           vec4);
  });
  if (!fits)
    launch(runtime, name, unsigned(slices.outer), row_threads, softmax_grad_long_rows<is_log, T>,
           dys, ys, dxs, slices.size, vec4);
}

// ------------------------------------------------------------ calls

template <bool is_log>
bool forward(Runtime& runtime, const char* name, const View& x, int dim, const View& y) {
  if (y.count() == 0) return true;
  const Input input(runtime, x);
  const Output output(runtime, y);
  if (y.dtype() == DType::float64)
    forward_as<is_log, double>(runtime, name, input, output, slices_along(x, dim));
  else forward_as<is_log, float>(runtime, name, input, output, slices_along(x, dim));
  output.finish();
  return true;
}
template <bool is_log>
bool backward(Runtime& runtime, const char* name, const View& dy, const View& y, int dim,
              const View& dx) {
  if (dx.count() == 0) return true;
  const Input grad(runtime, dy), saved(runtime, y);
  const Output output(runtime, dx);
  if (dx.dtype() == DType::float64)
    backward_as<is_log, double>(runtime, name, grad, saved, output, slices_along(dx, dim));
  else backward_as<is_log, float>(runtime, name, grad, saved, output, slices_along(dx, dim));
  output.finish();
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
