// SPDX-License-Identifier: MIT
// Computes the layer norm of each row, y = (x - mean) rstd w + b with rstd = 1 / sqrt(variance +
// eps), and its derivative (rows.cuh). Mean and variance are computed in two passes over the values
// in registers: the difference of the mean square and the squared mean would lose all digits if the
// mean is large.
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

template <class T> struct Forward {
  Array<T> x, w, b, y, mean, rstd;  // w [D], b [D] or null
  T eps;
  std::int64_t rows, size;
  bool vec4;
};

/// y = normalized w + b for a chunk that begins at element `first` of its row.
template <class T, int lanes, int items>
__device__ __forceinline__ void scale_and_shift(Row<T, lanes, items>& row, const Forward<T>& f,
                                                std::int64_t first, std::int64_t valid) {
  Row<T, lanes, items> parameter;
  if (f.w.at) {
    parameter.read(f.w, RowOffset{first}, valid, f.vec4, 0);
    row.for_each_with(parameter, [](T& v, T w) { v *= w; });
  }
  if (f.b.at) {
    parameter.read(f.b, RowOffset{first}, valid, f.vec4, 0);
    row.for_each_with(parameter, [](T& v, T b) { v += b; });
  }
}

/// Rows in registers. Bytes: x and y once; w and b come from the cache. Not measured yet: expected
/// at nine tenths of the bandwidth.
template <class T, int lanes, int items>
__global__ void __launch_bounds__(row_threads) layer_norm_rows(const Forward<T> f) {
  const RowThread<lanes> thread;
  const bool is_valid = thread.row < f.rows;
  const std::int64_t first = thread.row * f.size, valid = is_valid ? f.size : 0;
  Row<T, lanes, items> row;
  row.read(f.x, RowOffset{first}, valid, f.vec4, 0);
  const T center = reduce_lanes<lanes>(row.thread_reduce(Sum()), Sum()) / T(f.size);
  row.for_each_valid(valid, f.vec4, [&](T& v) { v -= center; });
  const T inverse =
      reciprocal_std(reduce_lanes<lanes>(squares_of(row), AddSquares()), T(f.size), f.eps);
  row.for_each([&](T& v) { v *= inverse; });
  scale_and_shift(row, f, 0, valid);
  row.write(f.y, RowOffset{first}, valid, f.vec4);
  if (thread.lane > 0 || !is_valid) return;
  store(f.mean, thread.row, center);
  store(f.rstd, thread.row, inverse);
}

/// Long rows, one block per row. Bytes: x three times, the last two mostly from the cache, and y
/// once.
template <class T>
__global__ void __launch_bounds__(row_threads) layer_norm_long_rows(const Forward<T> f) {
  const std::int64_t first = blockIdx.x * f.size;
  Chunk<T> chunk;
  CompensatedSum<T> sum, plain, scaled;
  for (std::int64_t i = 0; i < f.size; i += chunk.capacity) {
    chunk.read(f.x, RowOffset{first + i}, f.size - i, f.vec4, 0);
    sum += chunk.thread_reduce(Sum());
  }
  const T center = reduce_lanes<row_threads>(sum.total, Sum()) / T(f.size);
  for (std::int64_t i = 0; i < f.size; i += chunk.capacity) {
    chunk.read(f.x, RowOffset{first + i}, f.size - i, f.vec4, center);
    chunk.for_each([&](T& v) { v -= center; });
    const Squares<T> squares = squares_of(chunk);
    plain += squares.plain, scaled += squares.scaled;
  }
  const Squares<T> squares = {plain.total, scaled.total};
  const T inverse =
      reciprocal_std(reduce_lanes<row_threads>(squares, AddSquares()), T(f.size), f.eps);
  for (std::int64_t i = 0; i < f.size; i += chunk.capacity) {
    chunk.read(f.x, RowOffset{first + i}, f.size - i, f.vec4, 0);
    chunk.for_each([&](T& v) { v = (v - center) * inverse; });
    scale_and_shift(chunk, f, i, f.size - i);
    chunk.write(f.y, RowOffset{first + i}, f.size - i, f.vec4);
  }
  if (threadIdx.x > 0) return;
  store(f.mean, blockIdx.x, center);
  store(f.rstd, blockIdx.x, inverse);
}

template <class T> void forward(Runtime& runtime, const Forward<T>& f) {
  const bool fits = dispatch_row<T>(f.size, [&](auto lanes, auto items) {
    launch(runtime, "layer_norm", blocks_for_rows(f.rows, lanes), row_threads,
           layer_norm_rows<T, lanes, items>, f);
  });
  if (!fits)
    launch(runtime, "layer_norm", unsigned(f.rows), row_threads, layer_norm_long_rows<T>, f);
}

// ------------------------------------------------------------ the derivative

/// dx = rstd (g - mean(g) - normalized mean(g normalized)) with g = dy w;
/// dw = Σ dy normalized and db = Σ dy over the rows.
template <class T> struct Backward {
  Array<T> dy, x, w, mean, rstd, dx;
  T* partials;  // of dw and db: [blocks, 2, size]; null if they are not wanted
  std::int64_t rows, size;
  bool vec4;
};

/// Adds up the dw and db of the block's groups of `lanes` threads, group after group, and stores
/// them as the block's partial sums.
template <int groups, class T, int lanes, int items>
__device__ __forceinline__ void add_groups(const Row<T, lanes, items>& dw,
                                           const Row<T, lanes, items>& db, const Backward<T>& b) {
  T* partial = b.partials + blockIdx.x * 2 * b.size;
  __shared__ T shared[2][groups > 1 ? Row<T, lanes, items>::capacity : 1];
  for (int group = 0; group < groups; ++group) {
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        const std::int64_t at = dw.index(i, k, b.vec4);
        if (at >= b.size || int(threadIdx.x) / lanes != group) continue;
        if constexpr (groups == 1)
          partial[at] = dw.values[i][k], partial[b.size + at] = db.values[i][k];
        else if (group == 0) shared[0][at] = dw.values[i][k], shared[1][at] = db.values[i][k];
        else shared[0][at] += dw.values[i][k], shared[1][at] += db.values[i][k];
      }
    __syncthreads();
  }
  if constexpr (groups > 1)
    for (std::int64_t i = threadIdx.x; i < 2 * b.size; i += row_threads)
      partial[i] = i < b.size ? shared[0][i] : shared[1][i - b.size];
}

/// Rows in registers: a warp or a block processes many rows, so that the sums of dw and db stay in
/// registers too. Bytes: dy, x and dx once. Not measured yet: expected at nine tenths of the
/// bandwidth.
template <class T, int lanes, int items, bool sums>
__global__ void __launch_bounds__(row_threads) layer_norm_grad_rows(const Backward<T> b) {
  constexpr int groups = row_threads / lanes;
  const std::int64_t step = std::int64_t(gridDim.x) * groups;
  Row<T, lanes, items> dw, db;
  dw.for_each([](T& v) { v = 0; });
  db.for_each([](T& v) { v = 0; });
  for (std::int64_t begin = std::int64_t(blockIdx.x) * groups; begin < b.rows; begin += step) {
    const std::int64_t row = begin + threadIdx.x / lanes, first = row * b.size,
                       valid = row < b.rows ? b.size : 0;
    Row<T, lanes, items> g, normalized;
    g.read(b.dy, RowOffset{first}, valid, b.vec4, 0);
    normalized.read(b.x, RowOffset{first}, valid, b.vec4, 0);
    const T center = valid ? load(b.mean, row) : T(0), inverse = valid ? load(b.rstd, row) : T(0);
    normalized.for_each_valid(valid, b.vec4, [&](T& v) { v = (v - center) * inverse; });
    if constexpr (sums) {
#pragma unroll
      for (int i = 0; i < items; ++i)
#pragma unroll
        for (int k = 0; k < 4; ++k)
          dw.values[i][k] += g.values[i][k] * normalized.values[i][k],
              db.values[i][k] += g.values[i][k];
    }
    if (b.w.at) {
      Row<T, lanes, items> w;
      w.read(b.w, RowOffset{0}, valid, b.vec4, 0);
      g.for_each_with(w, [](T& v, T scale) { v *= scale; });
    }
    Row<T, lanes, items> products = g;
    products.for_each_with(normalized, [](T& v, T n) { v *= n; });
    const T mean_g = reduce_lanes<lanes>(g.thread_reduce(Sum()), Sum()) / T(b.size);
    const T mean_products = reduce_lanes<lanes>(products.thread_reduce(Sum()), Sum()) / T(b.size);
    g.for_each_with(normalized, [&](T& v, T n) { v = inverse * (v - mean_g - n * mean_products); });
    g.write(b.dx, RowOffset{first}, valid, b.vec4);
  }
  if constexpr (sums) add_groups<groups>(dw, db, b);
}

/// Long rows, one block per row: dx alone. Bytes: dy and x twice, the second time mostly from the
/// cache, and dx once.
template <class T>
__global__ void __launch_bounds__(row_threads) layer_norm_grad_long_rows(const Backward<T> b) {
  const std::int64_t row = blockIdx.x, first = row * b.size;
  const T center = load(b.mean, row), inverse = load(b.rstd, row);
  Row<T, row_threads, 2> g, normalized;
  const auto read = [&](std::int64_t i) {
    g.read(b.dy, RowOffset{first + i}, b.size - i, b.vec4, 0);
    normalized.read(b.x, RowOffset{first + i}, b.size - i, b.vec4, center);
    normalized.for_each([&](T& v) { v = (v - center) * inverse; });
    if (!b.w.at) return;
    Row<T, row_threads, 2> w;
    w.read(b.w, RowOffset{i}, b.size - i, b.vec4, 0);
    g.for_each_with(w, [](T& v, T scale) { v *= scale; });
  };
  CompensatedSum<T> sum, products;
  for (std::int64_t i = 0; i < b.size; i += g.capacity) {
    read(i);
    sum += g.thread_reduce(Sum());
    g.for_each_with(normalized, [](T& v, T n) { v *= n; });
    products += g.thread_reduce(Sum());
  }
  const T mean_g = reduce_lanes<row_threads>(sum.total, Sum()) / T(b.size),
          mean_products = reduce_lanes<row_threads>(products.total, Sum()) / T(b.size);
  for (std::int64_t i = 0; i < b.size; i += g.capacity) {
    read(i);
    g.for_each_with(normalized, [&](T& v, T n) { v = inverse * (v - mean_g - n * mean_products); });
    g.write(b.dx, RowOffset{first + i}, b.size - i, b.vec4);
  }
}
/// For long rows: the partial sums of dw and db over `rows_per_block` rows and 32 columns per
/// block. Bytes: dy and x once more.
template <class T>
__global__ void __launch_bounds__(row_threads)
    layer_norm_partials(const Backward<T> b, const std::int64_t rows_per_block) {
  const std::int64_t column = std::int64_t(blockIdx.x) * columns_per_block +
                              threadIdx.x % columns_per_block,
                     begin = blockIdx.y * rows_per_block;
  const std::int64_t end = column >= b.size                  ? 0
                           : begin + rows_per_block < b.rows ? begin + rows_per_block
                                                             : b.rows;
  CompensatedSum<T> sums, sums_of_products;
#pragma unroll 4
  for (std::int64_t row = begin + threadIdx.x / columns_per_block; row < end;
       row += warps_per_column) {
    const T d = load(b.dy, row * b.size + column);
    sums += d, sums_of_products +=
               d * ((load(b.x, row * b.size + column) - load(b.mean, row)) * load(b.rstd, row));
  }
  const T sum = reduce_column(sums.total, Sum()),
          products = reduce_column(sums_of_products.total, Sum());
  if (threadIdx.x >= columns_per_block || column >= b.size) return;
  b.partials[(blockIdx.y * 2) * b.size + column] = products;
  b.partials[(blockIdx.y * 2 + 1) * b.size + column] = sum;
}

/// dw and db: the partial sums of the blocks, added in order.
template <class T>
__global__ void __launch_bounds__(row_threads)
    add_partials(const T* partials, const std::int64_t blocks, const Array<T> dw, const Array<T> db,
                 const std::int64_t size) {
  const std::int64_t i =
      std::int64_t(blockIdx.x) * columns_per_block + threadIdx.x % columns_per_block;
  CompensatedSum<T> sums;
  if (i < 2 * size)
#pragma unroll 4
    for (std::int64_t block = threadIdx.x / columns_per_block; block < blocks;
         block += warps_per_column)
      sums += partials[block * 2 * size + i];
  const T sum = reduce_column(sums.total, Sum());
  if (threadIdx.x >= columns_per_block || i >= 2 * size) return;
  if (i < size && dw.at) store(dw, i, sum);
  if (i >= size && db.at) store(db, i - size, sum);
}

/// Blocks that share the rows. A constant: how the sums are split depends on the shape alone, not
/// on the GPU.
constexpr std::int64_t max_blocks = 512;

template <class T> void backward(Runtime& runtime, Backward<T> b, const View& dw, const View& db) {
  const bool sums = dw || db;
  const std::int64_t rows_per_block = std::max<std::int64_t>(64, ceil_div(b.rows, max_blocks));
  std::int64_t blocks = ceil_div(b.rows, rows_per_block);
  const bool fits = dispatch_row<T, 4>(b.size, [&](auto lanes, auto) {
    blocks = std::min<std::int64_t>(max_blocks, blocks_for_rows(b.rows, lanes));
  });
  const Scratch partials(runtime, sums ? blocks * 2 * b.size * std::int64_t(sizeof(T)) : 0);
  b.partials = partials.as<T>();
  dispatch_row<T, 4>(b.size, [&](auto lanes, auto items) {
    if (sums)
      launch(runtime, "layer_norm_grad", unsigned(blocks), row_threads,
             layer_norm_grad_rows<T, lanes, items, true>, b);
    else
      launch(runtime, "layer_norm_grad", unsigned(blocks), row_threads,
             layer_norm_grad_rows<T, lanes, items, false>, b);
  });
  if (!fits) {
    launch(runtime, "layer_norm_grad", unsigned(b.rows), row_threads, layer_norm_grad_long_rows<T>,
           b);
    if (sums)
      launch(runtime, "layer_norm_grad",
             dim3(unsigned(ceil_div(b.size, columns_per_block)), unsigned(blocks)), row_threads,
             layer_norm_partials<T>, b, rows_per_block);
  }
  if (sums)
    launch(runtime, "layer_norm_grad", unsigned(ceil_div(2 * b.size, columns_per_block)),
           row_threads, add_partials<T>, partials.as<T>(), blocks, array_of<T>(dw), array_of<T>(db),
           b.size);
}

}  // namespace

bool layer_norm(Runtime& runtime, const View& x, const View& w, const View& b, double eps,
                const View& y, const View& mean, const View& rstd) {
  if (x.count() == 0) return false;
  const Input input(runtime, x), weight(runtime, w), bias(runtime, b);
  const Output output(runtime, y), means(runtime, mean), rstds(runtime, rstd);
  with_real(x.dtype(), [&]<class T>(T) {
    forward<T>(runtime, {array_of<T>(input), array_of<T>(weight), array_of<T>(bias),
                         array_of<T>(output), array_of<T>(means), array_of<T>(rstds), T(eps),
                         x.size(0), x.size(1), can_use_vec4<T>(x.size(1))});
  });
  output.finish(), means.finish(), rstds.finish();
  return true;
}

bool layer_norm_grad(Runtime& runtime, const View& dy, const View& x, const View& w,
                     const View& mean, const View& rstd, const View& dx, const View& dw,
                     const View& db) {
  if (x.count() == 0) return false;
  const Input grad(runtime, dy), saved(runtime, x), weight(runtime, w), means(runtime, mean),
      rstds(runtime, rstd);
  const Output output(runtime, dx), weight_grad(runtime, dw), bias_grad(runtime, db);
  with_real(x.dtype(), [&]<class T>(T) {
    backward<T>(runtime,
                {array_of<T>(grad), array_of<T>(saved), array_of<T>(weight), array_of<T>(means),
                 array_of<T>(rstds), array_of<T>(output), nullptr, x.size(0), x.size(1),
                 can_use_vec4<T>(x.size(1))},
                weight_grad, bias_grad);
  });
  output.finish(), weight_grad.finish(), bias_grad.finish();
  return true;
}

}  // namespace tinygrad::cuda
