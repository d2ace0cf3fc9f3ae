// SPDX-License-Identifier: MIT
// Computes batch norm over each channel of x [images, channels, size], y = (x - mean) rstd w + b
// with rstd = 1 / sqrt(variance + eps), and its derivative. A channel has images * size elements,
// in contiguous runs of `size`.
// - Small channels: one block holds a channel in its registers, so that memory is read once.
// - Large channels are split among blocks. A first pass computes the sums of each block's part, a
//   second combines them per channel, a third writes the result. Means and variances of parts are
//   combined by the rule of Chan, Golub and LeVeque ("Updating formulae and a pairwise algorithm
//   for computing sample variances", 1979), which keeps its digits if the mean is large.
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

/// Maps element i of a channel to its offset: it is in image i / size; images are `image_stride`
/// elements apart.
struct ChannelOffset {
  std::int64_t first, image_stride;
  Divisor size;
  __device__ __forceinline__ std::int64_t operator()(std::int64_t i) const {
    const std::uint32_t image = size.quotient(std::uint32_t(i));
    return first + image * image_stride + (std::uint32_t(i) - image * size.divisor);
  }
  /// The same for the elements from `begin` on.
  struct Shifted {
    const ChannelOffset& channel;
    std::int64_t begin;
    __device__ __forceinline__ std::int64_t operator()(std::int64_t i) const {
      return channel(begin + i);
    }
  };
  __device__ __forceinline__ Shifted from(std::int64_t begin) const { return {*this, begin}; }
};

struct Channels {
  std::int64_t count, size;       ///< channels; elements of a channel in one image
  std::int64_t elements;          ///< of a channel in all images: images * size
  std::int64_t part_size, parts;  ///< elements of a part, and parts of a channel
  Divisor by_size;
  bool vec4;
  __device__ __forceinline__ ChannelOffset channel(std::int64_t c) const {
    return {c * size, count * size, by_size};
  }
};

/// The part of a channel that one block processes.
struct Part {
  std::int64_t channel, begin, end;
  __device__ __forceinline__ Part(const Channels& c, std::uint32_t index) {
    channel = index / c.parts, begin = index % c.parts * c.part_size;
    end = begin + c.part_size < c.elements ? begin + c.part_size : c.elements;
  }
};
/// Index of a block's part in a first pass, and in a pass that reads the same elements again: that
/// one begins with the last parts, which are still in the cache.
__device__ __forceinline__ std::uint32_t forward_order() { return blockIdx.x; }
__device__ __forceinline__ std::uint32_t reverse_order() { return gridDim.x - 1 - blockIdx.x; }

// ------------------------------------------------------------ forward

template <class T> struct Forward {
  Channels c;
  Array<T> x, w, b, y, mean, rstd;  // w and b [channels] or null
  T eps;
};
template <class T>
__device__ __forceinline__ T load_or(const Array<T>& w, std::int64_t channel, T fallback) {
  return w.at ? load(w, channel) : fallback;
}

/// Moments of a set of elements: their count, their mean, and the sum of squared differences from
/// it.
template <class T> struct Moments { T count, mean, squares; };
template <class T>
__device__ __forceinline__ Moments<T> shuffle_xor(const Moments<T>& m, int mask) {
  return {cuda::shuffle_xor(m.count, mask), cuda::shuffle_xor(m.mean, mask),
          cuda::shuffle_xor(m.squares, mask)};
}
struct CombineMoments {
  template <class T>
  __device__ __forceinline__ Moments<T> operator()(const Moments<T>& a, const Moments<T>& b) const {
    const T count = a.count + b.count, scale = count > 0 ? 1 / count : 0, delta = b.mean - a.mean;
    return {count, (a.count * a.mean + b.count * b.mean) * scale,
            a.squares + b.squares + delta * delta * (a.count * b.count * scale)};
  }
};

/// A channel in the registers of a block. Bytes: x and y once.
template <class T, int items>
__global__ void __launch_bounds__(row_threads) batch_norm_small(const Forward<T> f) {
  const std::int64_t channel = blockIdx.x;
  const ChannelOffset offset = f.c.channel(channel);
  const T count = T(f.c.elements);
  Row<T, row_threads, items> row;
  row.read(f.x, offset, f.c.elements, f.c.vec4, 0);
  const T center = reduce_lanes<row_threads>(row.thread_reduce(Sum()), Sum()) / count;
  row.for_each_valid(f.c.elements, f.c.vec4, [&](T& v) { v -= center; });
  const T inverse =
      reciprocal_std(reduce_lanes<row_threads>(squares_of(row), AddSquares()), count, f.eps);
  const T weight = load_or(f.w, channel, T(1)), bias = load_or(f.b, channel, T(0));
  row.for_each([&](T& v) { v = v * inverse * weight + bias; });
  row.write(f.y, offset, f.c.elements, f.c.vec4);
  if (threadIdx.x > 0) return;
  store(f.mean, channel, center);
  store(f.rstd, channel, inverse);
}

/// The moments of each part, in double, in which squares do not overflow: if they do in T, the part
/// is read again and scaled. Bytes: x once. Not measured yet: expected at nine tenths of the
/// bandwidth.
template <class T>
__global__ void __launch_bounds__(row_threads, 4)
    batch_norm_moments(const Forward<T> f, Moments<double>* partials) {
  const Part part(f.c, forward_order());
  const ChannelOffset offset = f.c.channel(part.channel);
  Chunk<T> chunk;
  for (T scale = 1;; scale = small_scale<T>) {
    Moments<T> total = {0, 0, 0};
    for (std::int64_t i = part.begin; i < part.end; i += chunk.capacity) {
      chunk.read(f.x, offset.from(i), part.end - i, f.c.vec4, 0);
      chunk.for_each([&](T& v) { v *= scale; });
      const int count = chunk.count(part.end - i, f.c.vec4);
      const T mean = count > 0 ? chunk.thread_reduce(Sum()) / T(count) : 0;
      chunk.for_each_valid(part.end - i, f.c.vec4, [&](T& v) { v = (v - mean) * (v - mean); });
      total = CombineMoments()(total, {T(count), mean, chunk.thread_reduce(Sum())});
    }
    total = reduce_lanes<row_threads>(total, CombineMoments());
    if (scale == 1 && !(total.squares < T(INFINITY))) continue;
    if (threadIdx.x == 0)
      partials[blockIdx.x] = {double(total.count), double(total.mean) / double(scale),
                              double(total.squares) / (double(scale) * double(scale))};
    return;
  }
}
/// One warp combines the partial results of a channel.
template <class T>
__global__ void __launch_bounds__(row_threads)
    batch_norm_statistics(const Forward<T> f, const Moments<double>* partials, T* exact) {
  const RowThread<32> thread;
  const bool is_valid = thread.row < f.c.count;
  Moments<double> total = {0, 0, 0};
  for (std::int64_t part = thread.lane; part < f.c.parts && is_valid; part += 32)
    total = CombineMoments()(total, partials[thread.row * f.c.parts + part]);
  total = reduce_lanes<32>(total, CombineMoments());
  if (thread.lane > 0 || !is_valid) return;
  const T mean = T(total.mean),
          inverse = T(1 / std::sqrt(total.squares / double(f.c.elements) + double(f.eps)));
  exact[2 * thread.row] = mean, exact[2 * thread.row + 1] = inverse;
  store(f.mean, thread.row, mean);
  store(f.rstd, thread.row, inverse);
}
/// y from the statistics. Bytes: x and y once. Not measured yet: expected at nine tenths of the
/// bandwidth.
template <class T>
__global__ void __launch_bounds__(row_threads)
    batch_norm_apply(const Forward<T> f, const T* exact) {
  const Part part(f.c, reverse_order());
  const ChannelOffset offset = f.c.channel(part.channel);
  const T center = exact[2 * part.channel], inverse = exact[2 * part.channel + 1];
  const T weight = load_or(f.w, part.channel, T(1)), bias = load_or(f.b, part.channel, T(0));
  Chunk<T> chunk;
  for (std::int64_t i = part.begin; i < part.end; i += chunk.capacity) {
    chunk.read(f.x, offset.from(i), part.end - i, f.c.vec4, 0);
    chunk.for_each([&](T& v) { v = (v - center) * inverse * weight + bias; });
    chunk.write(f.y, offset.from(i), part.end - i, f.c.vec4);
  }
}

// ------------------------------------------------------------ derivative

/// dx = w rstd (dy - mean(dy) - normalized mean(dy normalized)), dw = Σ dy normalized, db = Σ dy.
template <class T> struct Backward {
  Channels c;
  Array<T> dy, x, w, mean, rstd, dx, dw, db;
};
template <class T> struct Sums { T of_dy, of_products; };
template <class T> __device__ __forceinline__ Sums<T> shuffle_xor(const Sums<T>& s, int mask) {
  return {cuda::shuffle_xor(s.of_dy, mask), cuda::shuffle_xor(s.of_products, mask)};
}
struct AddSums {
  template <class T>
  __device__ __forceinline__ Sums<T> operator()(const Sums<T>& a, const Sums<T>& b) const {
    return {a.of_dy + b.of_dy, a.of_products + b.of_products};
  }
};
template <class T>
__device__ __forceinline__ void store_sums(const Backward<T>& b, std::int64_t channel,
                                           const Sums<T>& sums) {
  if (b.dw.at) store(b.dw, channel, sums.of_products);
  if (b.db.at) store(b.db, channel, sums.of_dy);
}

/// A chunk of dy and of normalized x, (x - mean) rstd, both 0 beyond the end; their sums; and dx,
/// which replaces dy.
template <class T, int items> struct GradChunk {
  Row<T, row_threads, items> dy, normalized;
  template <class Offset>
  __device__ __forceinline__ void read(const Backward<T>& b, const Offset& offset,
                                       std::int64_t remaining, T center, T inverse) {
    dy.read(b.dy, offset, remaining, b.c.vec4, 0);
    normalized.read(b.x, offset, remaining, b.c.vec4, center);
    normalized.for_each([&](T& v) { v = (v - center) * inverse; });
  }
  __device__ __forceinline__ Sums<T> sums() const {
    Row<T, row_threads, items> products = dy;
    products.for_each_with(normalized, [](T& d, T n) { d *= n; });
    return {dy.thread_reduce(Sum()), products.thread_reduce(Sum())};
  }
  __device__ __forceinline__ void compute_dx(T scale, T mean_dy, T mean_products) {
    dy.for_each_with(normalized, [&](T& d, T n) { d = scale * (d - mean_dy - n * mean_products); });
  }
};

/// A channel in the registers of a block. Bytes: dy, x and dx once.
template <class T, int items>
__global__ void __launch_bounds__(row_threads) batch_norm_grad_small(const Backward<T> b) {
  const std::int64_t channel = blockIdx.x;
  const ChannelOffset offset = b.c.channel(channel);
  const T inverse = load(b.rstd, channel), count = T(b.c.elements);
  GradChunk<T, items> chunk;
  chunk.read(b, offset, b.c.elements, load(b.mean, channel), inverse);
  const Sums<T> sums = reduce_lanes<row_threads>(chunk.sums(), AddSums());
  chunk.compute_dx(load_or(b.w, channel, T(1)) * inverse, sums.of_dy / count,
                   sums.of_products / count);
  chunk.dy.write(b.dx, offset, b.c.elements, b.c.vec4);
  if (threadIdx.x == 0) store_sums(b, channel, sums);
}

/// The sums of each part. Bytes: dy and x once. Not measured yet: expected at nine tenths of the
/// bandwidth.
template <class T>
__global__ void __launch_bounds__(row_threads)
    batch_norm_grad_sums(const Backward<T> b, Sums<T>* partials) {
  const Part part(b.c, forward_order());
  const ChannelOffset offset = b.c.channel(part.channel);
  const T center = load(b.mean, part.channel), inverse = load(b.rstd, part.channel);
  GradChunk<T, 2> chunk;
  Sums<T> total = {0, 0};
  for (std::int64_t i = part.begin; i < part.end; i += chunk.dy.capacity) {
    chunk.read(b, offset.from(i), part.end - i, center, inverse);
    total = AddSums()(total, chunk.sums());
  }
  total = reduce_lanes<row_threads>(total, AddSums());
  if (threadIdx.x == 0) partials[blockIdx.x] = total;
}
/// One warp combines the partial results of a channel.
template <class T>
__global__ void __launch_bounds__(row_threads)
    batch_norm_grad_combine(const Backward<T> b, const Sums<T>* partials, Sums<T>* totals) {
  const RowThread<32> thread;
  const bool is_valid = thread.row < b.c.count;
  Sums<T> total = {0, 0};
  for (std::int64_t part = thread.lane; part < b.c.parts && is_valid; part += 32)
    total = AddSums()(total, partials[thread.row * b.c.parts + part]);
  total = reduce_lanes<32>(total, AddSums());
  if (thread.lane > 0 || !is_valid) return;
  totals[thread.row] = total;
  store_sums(b, thread.row, total);
}
/// dx from the sums. Bytes: dy, x and dx once. Not measured yet: expected at nine tenths of the
/// bandwidth.
template <class T>
__global__ void __launch_bounds__(row_threads)
    batch_norm_grad_apply(const Backward<T> b, const Sums<T>* totals) {
  const Part part(b.c, reverse_order());
  const ChannelOffset offset = b.c.channel(part.channel);
  const T center = load(b.mean, part.channel), inverse = load(b.rstd, part.channel),
          count = T(b.c.elements);
  const T scale = load_or(b.w, part.channel, T(1)) * inverse;
  const Sums<T> sums = totals[part.channel];
  GradChunk<T, 2> chunk;
  for (std::int64_t i = part.begin; i < part.end; i += chunk.dy.capacity) {
    chunk.read(b, offset.from(i), part.end - i, center, inverse);
    chunk.compute_dx(scale, sums.of_dy / count, sums.of_products / count);
    chunk.dy.write(b.dx, offset.from(i), part.end - i, b.c.vec4);
  }
}

// ------------------------------------------------------------ calls

/// Elements of a channel that a block can hold in its registers.
constexpr std::int64_t max_small = 4 * row_threads * 4;
/// Blocks that keep any GPU busy: more would not be faster.
constexpr std::int64_t enough_blocks = 2048;

/// x [N, C, ...] as [N, C, S]; if S is 1, as [1, C, N], so that the elements of a channel are
/// contiguous (after a copy).
View by_channel(const View& x) {
  const std::int64_t channels = x.size(1), inner = x.count() / (x.size(0) * channels);
  if (inner != 1) return x;
  return x.reshaped({1, channels, x.size(0)}, {0, x.stride(1), x.stride(0)}, x.offset());
}
template <class T> Channels channels_of(const View& x) {
  Channels c = {};
  c.count = x.size(1), c.size = x.count() / (x.size(0) * c.count), c.elements = x.size(0) * c.size;
  const std::int64_t wanted =
      std::max<std::int64_t>(1, std::min(enough_blocks / c.count, c.elements / max_small));
  c.part_size = ceil_div(ceil_div(c.elements, wanted), max_small) * max_small,
  c.parts = ceil_div(c.elements, c.part_size);
  c.by_size = Divisor(c.size), c.vec4 = can_use_vec4<T>(c.size);
  return c;
}
bool fits(const View& x) {
  return x.count() > 0 && x.count() / x.size(1) < (std::int64_t(1) << 31) - max_small;
}

template <class T> void forward(Runtime& runtime, const Forward<T>& f) {
  constexpr const char* name = "batch_norm";
  const Channels& c = f.c;
  if (c.elements <= max_small / 4)
    return launch(runtime, name, unsigned(c.count), row_threads, batch_norm_small<T, 1>, f);
  if (c.elements <= max_small)
    return launch(runtime, name, unsigned(c.count), row_threads, batch_norm_small<T, 4>, f);
  const Scratch partials(runtime, c.count * c.parts * std::int64_t(sizeof(Moments<double>))),
      exact(runtime, c.count * 2 * std::int64_t(sizeof(T)));
  launch(runtime, name, unsigned(c.count * c.parts), row_threads, batch_norm_moments<T>, f,
         partials.as<Moments<double>>());
  launch(runtime, name, blocks_for_rows(c.count, 32), row_threads, batch_norm_statistics<T>, f,
         partials.as<Moments<double>>(), exact.as<T>());
  launch(runtime, name, unsigned(c.count * c.parts), row_threads, batch_norm_apply<T>, f,
         exact.as<T>());
}
template <class T> void backward(Runtime& runtime, const Backward<T>& b) {
  constexpr const char* name = "batch_norm_grad";
  const Channels& c = b.c;
  if (c.elements <= max_small / 4)
    return launch(runtime, name, unsigned(c.count), row_threads, batch_norm_grad_small<T, 1>, b);
  if (c.elements <= max_small)
    return launch(runtime, name, unsigned(c.count), row_threads, batch_norm_grad_small<T, 4>, b);
  const Scratch partials(runtime, c.count * c.parts * std::int64_t(sizeof(Sums<T>))),
      totals(runtime, c.count * std::int64_t(sizeof(Sums<T>)));
  launch(runtime, name, unsigned(c.count * c.parts), row_threads, batch_norm_grad_sums<T>, b,
         partials.as<Sums<T>>());
  launch(runtime, name, blocks_for_rows(c.count, 32), row_threads, batch_norm_grad_combine<T>, b,
         partials.as<Sums<T>>(), totals.as<Sums<T>>());
  launch(runtime, name, unsigned(c.count * c.parts), row_threads, batch_norm_grad_apply<T>, b,
         totals.as<Sums<T>>());
}

}  // namespace

bool batch_norm(Runtime& runtime, const View& x, const View& w, const View& b, double eps,
                const View& y, const View& mean, const View& rstd) {
  if (!fits(x)) return false;
  const Input input(runtime, by_channel(x)), weight(runtime, w), bias(runtime, b);
  const Output output(runtime, by_channel(y)), means(runtime, mean), rstds(runtime, rstd);
  with_real(x.dtype(), [&]<class T>(T) {
    forward<T>(runtime,
               {channels_of<T>(input), array_of<T>(input), array_of<T>(weight), array_of<T>(bias),
                array_of<T>(output), array_of<T>(means), array_of<T>(rstds), T(eps)});
  });
  output.finish(), means.finish(), rstds.finish();
  return true;
}

bool batch_norm_grad(Runtime& runtime, const View& dy, const View& x, const View& w,
                     const View& mean, const View& rstd, const View& dx, const View& dw,
                     const View& db) {
  if (!fits(x)) return false;
  const Input grad(runtime, by_channel(dy)), saved(runtime, by_channel(x)), weight(runtime, w),
      means(runtime, mean), rstds(runtime, rstd);
  const Output output(runtime, by_channel(dx)), weight_grad(runtime, dw), bias_grad(runtime, db);
  with_real(x.dtype(), [&]<class T>(T) {
    backward<T>(runtime, {channels_of<T>(saved), array_of<T>(grad), array_of<T>(saved),
                          array_of<T>(weight), array_of<T>(means), array_of<T>(rstds),
                          array_of<T>(output), array_of<T>(weight_grad), array_of<T>(bias_grad)});
  });
  output.finish(), weight_grad.finish(), bias_grad.finish();
  return true;
}

}  // namespace tinygrad::cuda
