// Layer norm of rows, and its derivative (rows.cuh). Mean and variance in two passes over what is
// in registers: the difference of mean square and squared mean loses all digits where the mean is
// large.
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

template <class T> struct Forward {
  Array<T> x, w, b, y, mean, rstd;  // w [D], b [D] or null
  T eps;
  std::int64_t rows, size;
  bool fours;
};

template <class T> __device__ __forceinline__ T square_of(T d) { return d * d; }

/// y = normal w + b for a chunk of numbers that begins at `first` of its row.
template <class T, int lanes, int items>
__device__ __forceinline__ void scale_and_shift(Row<T, lanes, items>& row, const Forward<T>& f,
                                                std::int64_t first, std::int64_t there) {
  Row<T, lanes, items> other;
  if (f.w.at) {
    other.read(f.w, From{first}, there, f.fours, 0);
    row.each_with(other, [](T& v, T w) { v *= w; });
  }
  if (f.b.at) {
    other.read(f.b, From{first}, there, f.fours, 0);
    row.each_with(other, [](T& v, T b) { v += b; });
  }
}

/// Rows in registers. Bytes: x and y once; w and b come from the cache. Expected at nine tenths of
/// the bandwidth; not measured.
template <class T, int lanes, int items>
__global__ void __launch_bounds__(row_threads) layer_norm_rows(const Forward<T> f) {
  const RowPlace<lanes> place;
  const bool is_there = place.row < f.rows;
  const std::int64_t first = place.row * f.size, there = is_there ? f.size : 0;
  Row<T, lanes, items> row;
  row.read(f.x, From{first}, there, f.fours, 0);
  const T center = reduce_lanes<lanes>(row.joined(Sum()), Sum()) / T(f.size);
  row.each_there(there, f.fours, [&](T& v) { v -= center; });
  Row<T, lanes, items> squares = row;
  squares.each([](T& d) { d *= d; });
  const T inverse =
      1 / std::sqrt(reduce_lanes<lanes>(squares.joined(Sum()), Sum()) / T(f.size) + f.eps);
  row.each([&](T& v) { v *= inverse; });
  scale_and_shift(row, f, 0, there);
  row.write(f.y, From{first}, there, f.fours);
  if (place.lane > 0 || !is_there) return;
  store(f.mean, place.row, center);
  store(f.rstd, place.row, inverse);
}

/// Long rows, a block each. Bytes: x three times, twice of them mostly from the cache, and y once.
template <class T>
__global__ void __launch_bounds__(row_threads) layer_norm_long_rows(const Forward<T> f) {
  const std::int64_t first = blockIdx.x * f.size;
  Chunk<T> chunk;
  T sum = 0, squares = 0;
  for (std::int64_t i = 0; i < f.size; i += chunk.most) {
    chunk.read(f.x, From{first + i}, f.size - i, f.fours, 0);
    sum += chunk.joined(Sum());
  }
  const T center = reduce_lanes<row_threads>(sum, Sum()) / T(f.size);
  for (std::int64_t i = 0; i < f.size; i += chunk.most) {
    chunk.read(f.x, From{first + i}, f.size - i, f.fours, center);
    chunk.each([&](T& v) { v = square_of(v - center); });
    squares += chunk.joined(Sum());
  }
  const T inverse = 1 / std::sqrt(reduce_lanes<row_threads>(squares, Sum()) / T(f.size) + f.eps);
  for (std::int64_t i = 0; i < f.size; i += chunk.most) {
    chunk.read(f.x, From{first + i}, f.size - i, f.fours, 0);
    chunk.each([&](T& v) { v = (v - center) * inverse; });
    scale_and_shift(chunk, f, i, f.size - i);
    chunk.write(f.y, From{first + i}, f.size - i, f.fours);
  }
  if (threadIdx.x > 0) return;
  store(f.mean, blockIdx.x, center);
  store(f.rstd, blockIdx.x, inverse);
}

template <class T> void forward(Runtime& runtime, const Forward<T>& f) {
  const bool fits = with_row<T>(f.size, [&](auto lanes, auto items) {
    launch(runtime, "layer_norm", blocks_of_rows(f.rows, lanes), row_threads,
           layer_norm_rows<T, lanes, items>, f);
  });
  if (!fits)
    launch(runtime, "layer_norm", unsigned(f.rows), row_threads, layer_norm_long_rows<T>, f);
}

// ------------------------------------------------------------ the derivative

/// dx = rstd (g - mean(g) - normal mean(g normal)) with g = dy w; dw = Σ dy normal and db = Σ dy
/// over the rows.
template <class T> struct Backward {
  Array<T> dy, x, w, mean, rstd, dx;
  T* parts;  // of dw and db, by blocks: [blocks, 2, size]; null where they are not wanted
  std::int64_t rows, size;
  bool fours;
};

/// This block's part of dw and db: what its groups have, added in turn.
template <int groups, class T, int lanes, int items>
__device__ __forceinline__ void add_groups(const Row<T, lanes, items>& dw,
                                           const Row<T, lanes, items>& db, const Backward<T>& b) {
  T* part = b.parts + blockIdx.x * 2 * b.size;
  __shared__ T room[2][groups > 1 ? Row<T, lanes, items>::most : 1];
  for (int turn = 0; turn < groups; ++turn) {
#pragma unroll
    for (int i = 0; i < items; ++i)
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        const std::int64_t at = dw.place(i, k, b.fours);
        if (at >= b.size || int(threadIdx.x) / lanes != turn) continue;
        if constexpr (groups == 1) part[at] = dw.at[i][k], part[b.size + at] = db.at[i][k];
        else if (turn == 0) room[0][at] = dw.at[i][k], room[1][at] = db.at[i][k];
        else room[0][at] += dw.at[i][k], room[1][at] += db.at[i][k];
      }
    __syncthreads();
  }
  if constexpr (groups > 1)
    for (std::int64_t i = threadIdx.x; i < 2 * b.size; i += row_threads)
      part[i] = i < b.size ? room[0][i] : room[1][i - b.size];
}

/// Rows in registers: a warp or a block goes over many, so that the sums of dw and db are in
/// registers too. Bytes: dy, x and dx once. Expected at nine tenths of the bandwidth; not measured.
template <class T, int lanes, int items, bool sums>
__global__ void __launch_bounds__(row_threads) layer_norm_grad_rows(const Backward<T> b) {
  constexpr int groups = row_threads / lanes;
  const std::int64_t step = std::int64_t(gridDim.x) * groups;
  Row<T, lanes, items> dw, db;
  dw.each([](T& v) { v = 0; });
  db.each([](T& v) { v = 0; });
  for (std::int64_t begin = std::int64_t(blockIdx.x) * groups; begin < b.rows; begin += step) {
    const std::int64_t row = begin + threadIdx.x / lanes, first = row * b.size,
                       there = row < b.rows ? b.size : 0;
    Row<T, lanes, items> g, normal;
    g.read(b.dy, From{first}, there, b.fours, 0);
    normal.read(b.x, From{first}, there, b.fours, 0);
    const T center = there ? load(b.mean, row) : T(0), inverse = there ? load(b.rstd, row) : T(0);
    normal.each_there(there, b.fours, [&](T& v) { v = (v - center) * inverse; });
    if constexpr (sums) {
#pragma unroll
      for (int i = 0; i < items; ++i)
#pragma unroll
        for (int k = 0; k < 4; ++k)
          dw.at[i][k] += g.at[i][k] * normal.at[i][k], db.at[i][k] += g.at[i][k];
    }
    if (b.w.at) {
      Row<T, lanes, items> w;
      w.read(b.w, From{0}, there, b.fours, 0);
      g.each_with(w, [](T& v, T scale) { v *= scale; });
    }
    Row<T, lanes, items> products = g;
    products.each_with(normal, [](T& v, T n) { v *= n; });
    const T mean_g = reduce_lanes<lanes>(g.joined(Sum()), Sum()) / T(b.size);
    const T mean_products = reduce_lanes<lanes>(products.joined(Sum()), Sum()) / T(b.size);
    g.each_with(normal, [&](T& v, T n) { v = inverse * (v - mean_g - n * mean_products); });
    g.write(b.dx, From{first}, there, b.fours);
  }
  if constexpr (sums) add_groups<groups>(dw, db, b);
}

/// Long rows, a block each: dx alone. Bytes: dy and x twice, the second time mostly from the cache,
/// and dx once.
template <class T>
__global__ void __launch_bounds__(row_threads) layer_norm_grad_long_rows(const Backward<T> b) {
  const std::int64_t row = blockIdx.x, first = row * b.size;
  const T center = load(b.mean, row), inverse = load(b.rstd, row);
  Row<T, row_threads, 2> g, normal;
  const auto read = [&](std::int64_t i) {
    g.read(b.dy, From{first + i}, b.size - i, b.fours, 0);
    normal.read(b.x, From{first + i}, b.size - i, b.fours, center);
    normal.each([&](T& v) { v = (v - center) * inverse; });
    if (!b.w.at) return;
    Row<T, row_threads, 2> w;
    w.read(b.w, From{i}, b.size - i, b.fours, 0);
    g.each_with(w, [](T& v, T scale) { v *= scale; });
  };
  T sum = 0, products = 0;
  for (std::int64_t i = 0; i < b.size; i += g.most) {
    read(i);
    sum += g.joined(Sum());
    g.each_with(normal, [](T& v, T n) { v *= n; });
    products += g.joined(Sum());
  }
  const T mean_g = reduce_lanes<row_threads>(sum, Sum()) / T(b.size),
          mean_products = reduce_lanes<row_threads>(products, Sum()) / T(b.size);
  for (std::int64_t i = 0; i < b.size; i += g.most) {
    read(i);
    g.each_with(normal, [&](T& v, T n) { v = inverse * (v - mean_g - n * mean_products); });
    g.write(b.dx, From{first + i}, b.size - i, b.fours);
  }
}
/// Beside long rows: dw and db of `piece` rows, 32 columns a block. Bytes: dy and x once more.
template <class T>
__global__ void __launch_bounds__(row_threads)
    layer_norm_parts(const Backward<T> b, const std::int64_t piece) {
  const std::int64_t column = std::int64_t(blockIdx.x) * across + threadIdx.x % across,
                     begin = blockIdx.y * piece;
  const std::int64_t end = column >= b.size ? 0 : begin + piece < b.rows ? begin + piece : b.rows;
  T sum = 0, products = 0;
#pragma unroll 4
  for (std::int64_t row = begin + threadIdx.x / across; row < end; row += down) {
    const T d = load(b.dy, row * b.size + column);
    sum += d, products +=
              d * ((load(b.x, row * b.size + column) - load(b.mean, row)) * load(b.rstd, row));
  }
  sum = join_column(sum, Sum()), products = join_column(products, Sum());
  if (threadIdx.x >= across || column >= b.size) return;
  b.parts[(blockIdx.y * 2) * b.size + column] = products;
  b.parts[(blockIdx.y * 2 + 1) * b.size + column] = sum;
}

/// dw and db from the parts of blocks, added in order.
template <class T>
__global__ void __launch_bounds__(row_threads)
    add_parts(const T* parts, const std::int64_t blocks, const Array<T> dw, const Array<T> db,
              const std::int64_t size) {
  const std::int64_t i = std::int64_t(blockIdx.x) * across + threadIdx.x % across;
  T sum = 0;
  if (i < 2 * size)
#pragma unroll 4
    for (std::int64_t block = threadIdx.x / across; block < blocks; block += down)
      sum += parts[block * 2 * size + i];
  sum = join_column(sum, Sum());
  if (threadIdx.x >= across || i >= 2 * size) return;
  if (i < size && dw.at) store(dw, i, sum);
  if (i >= size && db.at) store(db, i - size, sum);
}

constexpr std::int64_t most_blocks =
    512;  // that go over the rows: borders depend on the shape alone

template <class T> void backward(Runtime& runtime, Backward<T> b, const View& dw, const View& db) {
  const bool sums = dw || db;
  const std::int64_t long_piece = std::max<std::int64_t>(64, ceil_div(b.rows, most_blocks));
  std::int64_t blocks = ceil_div(b.rows, long_piece);
  const bool fits = with_row<T, 4>(b.size, [&](auto lanes, auto) {
    blocks = std::min<std::int64_t>(most_blocks, blocks_of_rows(b.rows, lanes));
  });
  const Scratch parts(runtime, sums ? blocks * 2 * b.size * std::int64_t(sizeof(T)) : 0);
  b.parts = parts.as<T>();
  with_row<T, 4>(b.size, [&](auto lanes, auto items) {
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
      launch(runtime, "layer_norm_grad", dim3(unsigned(ceil_div(b.size, across)), unsigned(blocks)),
             row_threads, layer_norm_parts<T>, b, long_piece);
  }
  if (sums)
    launch(runtime, "layer_norm_grad", unsigned(ceil_div(2 * b.size, across)), row_threads,
           add_parts<T>, parts.as<T>(), blocks, array_of<T>(dw), array_of<T>(db), b.size);
}

}  // namespace

bool layer_norm(Runtime& runtime, const View& x, const View& w, const View& b, double eps,
                const View& y, const View& mean, const View& rstd) {
  if (x.count() == 0) return false;
  const Input from(runtime, x), weight(runtime, w), bias(runtime, b);
  const Output to(runtime, y), means(runtime, mean), rstds(runtime, rstd);
  with_real(x.dtype(), [&]<class T>(T) {
    forward<T>(runtime, {array_of<T>(from), array_of<T>(weight), array_of<T>(bias), array_of<T>(to),
                         array_of<T>(means), array_of<T>(rstds), T(eps), x.size(0), x.size(1),
                         in_fours<T>(x.size(1))});
  });
  to.finish(), means.finish(), rstds.finish();
  return true;
}

bool layer_norm_grad(Runtime& runtime, const View& dy, const View& x, const View& w,
                     const View& mean, const View& rstd, const View& dx, const View& dw,
                     const View& db) {
  if (x.count() == 0) return false;
  const Input given(runtime, dy), kept(runtime, x), weight(runtime, w), means(runtime, mean),
      rstds(runtime, rstd);
  const Output to(runtime, dx), to_w(runtime, dw), to_b(runtime, db);
  with_real(x.dtype(), [&]<class T>(T) {
    backward<T>(runtime,
                {array_of<T>(given), array_of<T>(kept), array_of<T>(weight), array_of<T>(means),
                 array_of<T>(rstds), array_of<T>(to), nullptr, x.size(0), x.size(1),
                 in_fours<T>(x.size(1))},
                to_w, to_b);
  });
  to.finish(), to_w.finish(), to_b.finish();
  return true;
}

}  // namespace tinygrad::cuda
