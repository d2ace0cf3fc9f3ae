// SPDX-License-Identifier: MIT
// fill and copy take any strides, and copy any dtype to any dtype.
// - Elements that keep their dtype are moved as words, the widest that the strides leave whole: 16
//   bytes along rows. Transposes go tile by tile through shared memory, so that both sides are read
//   and written along cache lines.
// - Elements that change their dtype are converted one by one; among floats in rows of four.
#include <cstring>

#include "backends/cuda/elementwise.cuh"
#include "backends/cuda/kernels.h"

namespace tinygrad::cuda {
namespace {

// ------------------------------------------------------------ fill

template <class T> struct Constant {
  T value;
  __device__ __forceinline__ T operator()() const { return value; }
};

bool is_zero(Scalar value) { return value.real() == 0 && !std::signbit(value.real()); }

// ------------------------------------------------------------ one dtype

constexpr int threads = 256;

struct alignas(16) Word16 {
  std::uint32_t words[4];
};

/// Any strides, in words. A thread moves two words, a block's width apart. Bytes: each element is
/// read once and written once.
template <class W>
__global__ void __launch_bounds__(threads)
    move_words(W* out, const W* x, const OffsetCalculator<2> calculator,
               const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * (2 * threads) + threadIdx.x, j = i + threads;
  std::int32_t first[2] = {}, second[2] = {};
  W one = {}, two = {};
  if (i < count) calculator.offsets(i, first), one = x[first[1]];
  if (j < count) calculator.offsets(j, second), two = x[second[1]];
  if (i < count) out[first[0]] = one;
  if (j < count) out[second[0]] = two;
}

/// The bytes of the widest word in which both operands can be iterated over, from their first
/// elements and strides.
int word_bytes(const Layout& l, const char* out, const char* x, int size) {
  if (l.inner_stride(0) != 1 || l.inner_stride(1) != 1) return size;
  for (int word = 16; word > size; word /= 2) {
    const int elements = word / size;
    bool fits = l.inner() % elements == 0 && reinterpret_cast<std::uintptr_t>(out) % word == 0 &&
                reinterpret_cast<std::uintptr_t>(x) % word == 0;
    for (int d = 0; d < l.rank - 1; ++d)
      fits = fits && l.strides[0][d] % elements == 0 && l.strides[1][d] % elements == 0;
    if (fits) return word;
  }
  return size;
}
/// The same layout in words of several elements.
Layout in_words(Layout l, int elements) {
  l.count /= elements, l.shape[l.rank - 1] /= elements;
  for (int d = 0; d < l.rank - 1; ++d) l.strides[0][d] /= elements, l.strides[1][d] /= elements;
  return l;
}
template <class W> void move_as(Runtime& runtime, char* out, const char* x, const Layout& l) {
  const auto blocks = unsigned(ceil_div(l.count, 2 * threads));
  launch(runtime, "copy", blocks, threads, move_words<W>, reinterpret_cast<W*>(out),
         reinterpret_cast<const W*>(x), OffsetCalculator<2>(l), std::uint32_t(l.count));
}
void move_strided(Runtime& runtime, char* out, const char* x, const Layout& l, int size) {
  if (l.rank == 1 && l.inner_stride(0) == 1 && l.inner_stride(1) == 1) {
    const auto bytes = std::size_t(l.count) * std::size_t(size);
    return runtime.launched(
        cudaMemcpyAsync(out, x, bytes, cudaMemcpyDeviceToDevice, runtime.stream()), "copy", dim3(),
        dim3());
  }
  const int word = word_bytes(l, out, x, size);
  const Layout words = in_words(l, word / size);
  switch (word) {
    case 16: return move_as<Word16>(runtime, out, x, words);
    case 8: return move_as<std::uint64_t>(runtime, out, x, words);
    case 4: return move_as<std::uint32_t>(runtime, out, x, words);
    case 2: return move_as<std::uint16_t>(runtime, out, x, words);
    default: return move_as<std::uint8_t>(runtime, out, x, words);
  }
}

// ------------------------------------------------------------ transposed

/// out [rows, columns] in steps of out_step from row to row; x is contiguous along rows, and its
/// columns lie x_step apart.
struct Matrices {
  std::uint32_t rows, columns, tiles_down, tiles_across;
  std::int32_t out_step, x_step;
  OffsetCalculator<2> starts;
};

/// A block moves a tile: it reads `side` lines of x and writes `side` lines of out. The padding of
/// the tile's lines avoids bank conflicts. Bytes: each element is read once and written once; a
/// thread issues all its reads before it stores one. Expected at four fifths of the bandwidth; not
/// measured.
template <class W, int side>
__global__ void __launch_bounds__(threads) transpose(W* out, const W* x, const Matrices m) {
  constexpr int step = threads / side, each = side / step;
  __shared__ W tile[side][side + (sizeof(W) < 4 ? 4 / sizeof(W) : 1)];
  const std::uint32_t number = blockIdx.x / m.tiles_across, across = blockIdx.x % m.tiles_across;
  const std::uint32_t matrix = number / m.tiles_down, down = number % m.tiles_down;
  const std::uint32_t column = across * side, row = down * side, lane = threadIdx.x % side,
                      line = threadIdx.x / side;
  std::int32_t start[2];
  m.starts.offsets(matrix, start);
  W held[each] = {};
#pragma unroll
  for (int k = 0; k < each; ++k) {
    const std::uint32_t i = line + k * step;
    if (column + i < m.columns && row + lane < m.rows)
      held[k] = x[start[1] + std::int32_t(column + i) * m.x_step + std::int32_t(row + lane)];
  }
#pragma unroll
  for (int k = 0; k < each; ++k) tile[line + k * step][lane] = held[k];
  __syncthreads();
#pragma unroll
  for (int k = 0; k < each; ++k) {
    const std::uint32_t i = line + k * step;
    if (row + i < m.rows && column + lane < m.columns)
      out[start[0] + std::int32_t(row + i) * m.out_step + std::int32_t(column + lane)] =
          tile[lane][i];
  }
}

/// The dimension along which x is contiguous, if it is not the innermost and out's innermost is
/// contiguous; -1 if there is none.
int transposed_dim(const Layout& l) {
  constexpr int least = 8;  // of either side: below, a tile is mostly empty
  if (l.rank < 2 || l.inner_stride(0) != 1 || l.inner_stride(1) == 1 || l.inner() < least)
    return -1;
  for (int d = 0; d < l.rank - 1; ++d)
    if (l.strides[1][d] == 1 && l.shape[d] >= least) return d;
  return -1;
}
/// The layout without dimension d and the innermost.
Layout without(Layout l, int d) {
  for (; d < l.rank - 2; ++d) swap_dims(l, 2, d, d + 1);
  l.rank -= 2;
  return l;
}
template <class W, int side>
void transpose_by(Runtime& runtime, char* out, const char* x, const Layout& l, int d) {
  Matrices m = {};
  m.rows = std::uint32_t(l.shape[d]), m.columns = std::uint32_t(l.inner());
  m.tiles_down = std::uint32_t(ceil_div(m.rows, side)),
  m.tiles_across = std::uint32_t(ceil_div(m.columns, side));
  m.out_step = std::int32_t(l.strides[0][d]), m.x_step = std::int32_t(l.inner_stride(1));
  m.starts = OffsetCalculator<2>(without(l, d));
  const std::int64_t matrices = l.count / (l.shape[d] * l.inner());
  launch(runtime, "transpose", unsigned(matrices * m.tiles_down * m.tiles_across), threads,
         transpose<W, side>, reinterpret_cast<W*>(out), reinterpret_cast<const W*>(x), m);
}
/// A tile's side is 32; for small words 64, so that its lines have 64 or 128 bytes, if both sides
/// of a matrix fill more than half of that.
template <class W>
void transpose_as(Runtime& runtime, char* out, const char* x, const Layout& l, int d) {
  if constexpr (sizeof(W) <= 2)
    if (l.shape[d] > 32 && l.inner() > 32) return transpose_by<W, 64>(runtime, out, x, l, d);
  transpose_by<W, 32>(runtime, out, x, l, d);
}
void move_transposed(Runtime& runtime, char* out, const char* x, const Layout& l, int d, int size) {
  switch (size) {
    case 8: return transpose_as<std::uint64_t>(runtime, out, x, l, d);
    case 4: return transpose_as<std::uint32_t>(runtime, out, x, l, d);
    case 2: return transpose_as<std::uint16_t>(runtime, out, x, l, d);
    default: return transpose_as<std::uint8_t>(runtime, out, x, l, d);
  }
}

void move(Runtime& runtime, const View& x, const View& out) {
  const Extents extents[] = {extents_of(out), extents_of(x)};
  const int size = int(size_of(x.dtype()));
  each_part(make_layout(extents, 2, true), 2, [&](const Layout& l, const std::int64_t* starts) {
    char* to = begin_of<char>(out, starts[0]);
    const char* from = begin_of<char>(x, starts[1]);
    if (const int d = transposed_dim(l); d >= 0) move_transposed(runtime, to, from, l, d, size);
    else move_strided(runtime, to, from, l, size);
  });
}

// ------------------------------------------------------------ between dtypes

/// To a type that elements of `dtype` are computed in: reals saturate at the limits `range` of an
/// integer dtype, and NaN becomes 0; to bool, every value but 0 is true.
template <class To, class From>
__device__ __forceinline__ To convert(From x, DType dtype, const IntegerRange range) {
  if constexpr (!std::is_integral_v<To> || std::is_integral_v<From>) return static_cast<To>(x);
  else return dtype == DType::boolean ? x != 0 : saturated(x, range);
}
template <class From, class To>
__global__ void __launch_bounds__(threads)
    convert_strided(const Array<To> y, const Array<From> x, const IntegerRange range,
                    const OffsetCalculator<2> calculator, const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  std::int32_t at[2];
  calculator.offsets(i, at);
  store(y, at[0], convert<To>(load(x, at[1]), y.dtype, range));
}

struct Same {
  __device__ __forceinline__ float operator()(float x) const { return x; }
};

void convert(Runtime& runtime, const View& x, const View& out) {
  const ElementwiseLaunch elementwise(runtime, "copy", {x}, out);
  const auto rows = [&](const Layout& part, const std::int64_t* starts) {
    elementwise.by_rows<1>(Same(), part, starts);
  };
  elementwise.each(rows, [&](const Layout& part, const std::int64_t* starts) {
    with_computed(x.dtype(), [&](auto from) {
      with_computed(out.dtype(), [&](auto to) {
        using From = decltype(from);
        using To = decltype(to);
        launch(runtime, "copy", unsigned(ceil_div(part.count, threads)), threads,
               convert_strided<From, To>,
               Array<To>{begin_of<char>(out, starts[0]), out.dtype(), 0, 0},
               Array<From>{begin_of<char>(x, starts[1]), x.dtype(), 0, 0},
               integer_range(out.dtype()), OffsetCalculator<2>(part), std::uint32_t(part.count));
      });
    });
  });
}

// ------------------------------------------------------------ a few bytes of the host's

struct Carried {
  std::uint32_t words[max_small_upload / 4];
};
__global__ void __launch_bounds__(threads)
    write_carried(std::uint8_t* to, const Carried from, const std::uint32_t bytes) {
  for (std::uint32_t i = threadIdx.x; i < bytes; i += threads)
    to[i] = std::uint8_t(from.words[i / 4] >> 8 * (i % 4));
}

}  // namespace

void fill(Runtime& runtime, const View& out, Scalar value) {
  if (kind_of(out.dtype()) == DTypeKind::boolean) value = Scalar(value.real() != 0);
  if (is_zero(value) && out.is_dense()) {
    if (out.count() == 0) return;
    runtime.make_current();
    const std::size_t bytes = std::size_t(out.count()) * size_of(out.dtype());
    return runtime.check(cudaMemsetAsync(begin_of<char>(out), 0, bytes, runtime.stream()),
                         "fill memory with zeros");
  }
  const ElementwiseLaunch elementwise(runtime, "fill", {}, out);
  const auto rows = [&](const Layout& part, const std::int64_t* starts) {
    elementwise.by_rows<0>(Constant<float>{scalar_as<float>(value)}, part, starts);
  };
  elementwise.each(rows, [&](const Layout& part, const std::int64_t* starts) {
    with_computed(out.dtype(), [&](auto zero) {
      using T = decltype(zero);
      elementwise.strided<T, 0>(Constant<T>{scalar_as<T>(value)}, part, starts);
    });
  });
}

void upload_small(Runtime& runtime, const void* from, void* to, std::size_t bytes) {
  Carried carried = {};
  std::memcpy(carried.words, from, bytes);
  launch(runtime, "upload", 1, threads, write_carried, static_cast<std::uint8_t*>(to), carried,
         std::uint32_t(bytes));
}

void copy(Runtime& runtime, const View& x, const View& out) {
  if (x.dtype() == out.dtype()) move(runtime, x, out);
  else convert(runtime, x, out);
}

}  // namespace tinygrad::cuda
