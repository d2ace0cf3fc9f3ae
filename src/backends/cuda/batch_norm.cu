// Batch norm, and its derivative. A channel of x [images, channels, size] is a line of images *
// size numbers, in rows of `size`.
// - Few numbers: a block has a channel, in its registers; memory is read once.
// - Many: channels are cut into pieces, a block each. A first pass gathers each piece's sums, a
// second joins them for each channel, a third
//   writes the result. Mean and variance of pieces are joined by the rule of Chan, Golub and
//   LeVeque ("Updating formulae and a pairwise algorithm for computing sample variances", 1979),
//   which keeps its digits where the mean is large.
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

/// Where numbers of a channel lie: number i is in row i / size. Channels of all images lie `step`
/// apart.
struct InChannel {
  std::int64_t first, step;
  Divisor size;
  __device__ __forceinline__ std::int64_t operator()(std::int64_t i) const {
    const std::uint32_t image = size.quotient(std::uint32_t(i));
    return first + image * step + (std::uint32_t(i) - image * size.divisor);
  }
  /// From number `begin` on.
  struct Shifted {
    const InChannel& channel;
    std::int64_t begin;
    __device__ __forceinline__ std::int64_t operator()(std::int64_t i) const {
      return channel(begin + i);
    }
  };
  __device__ __forceinline__ Shifted from(std::int64_t begin) const { return {*this, begin}; }
};

struct Channels {
  std::int64_t count, size, numbers;  ///< of channels; of a row; of a channel: images * size
  std::int64_t piece, pieces;         ///< numbers of a piece, and pieces of a channel
  Divisor row;
  bool fours;
  __device__ __forceinline__ InChannel channel(std::int64_t c) const {
    return {c * size, count * size, row};
  }
};

/// A piece of a channel.
struct Piece {
  std::int64_t channel, begin, end;
  __device__ __forceinline__ Piece(const Channels& c, std::uint32_t number) {
    channel = number / c.pieces, begin = number % c.pieces * c.piece;
    end = begin + c.piece < c.numbers ? begin + c.piece : c.numbers;
  }
};
/// Which piece a block has in a first pass, and in one that reads the same again: there the last
/// come first, for they are what the cache still has.
__device__ __forceinline__ std::uint32_t in_turn() { return blockIdx.x; }
__device__ __forceinline__ std::uint32_t last_first() { return gridDim.x - 1 - blockIdx.x; }

// ------------------------------------------------------------ forward

template <class T> struct Forward {
  Channels c;
  Array<T> x, w, b, y, mean, rstd;  // w and b [channels] or null
  T eps;
};
template <class T>
__device__ __forceinline__ T given(const Array<T>& w, std::int64_t channel, T otherwise) {
  return w.at ? load(w, channel) : otherwise;
}

/// Of some numbers: how many, their mean, and the sum of squared differences from it.
template <class T> struct Moments { T count, mean, squares; };
template <class T>
__device__ __forceinline__ Moments<T> shuffle_xor(const Moments<T>& m, int mask) {
  return {cuda::shuffle_xor(m.count, mask), cuda::shuffle_xor(m.mean, mask),
          cuda::shuffle_xor(m.squares, mask)};
}
struct JoinMoments {
  template <class T>
  __device__ __forceinline__ Moments<T> operator()(const Moments<T>& a, const Moments<T>& b) const {
    const T count = a.count + b.count, share = count > 0 ? 1 / count : 0, apart = b.mean - a.mean;
    return {count, (a.count * a.mean + b.count * b.mean) * share,
            a.squares + b.squares + apart * apart * (a.count * b.count * share)};
  }
};

/// A channel in the registers of a block. Bytes: x and y once.
template <class T, int items>
__global__ void __launch_bounds__(row_threads) batch_norm_small(const Forward<T> f) {
  const std::int64_t channel = blockIdx.x;
  const InChannel at = f.c.channel(channel);
  const T count = T(f.c.numbers);
  Row<T, row_threads, items> row;
  row.read(f.x, at, f.c.numbers, f.c.fours, 0);
  const T center = reduce_lanes<row_threads>(row.joined(Sum()), Sum()) / count;
  row.each_there(f.c.numbers, f.c.fours, [&](T& v) { v -= center; });
  Row<T, row_threads, items> squares = row;
  squares.each([](T& d) { d *= d; });
  const T inverse =
      1 / std::sqrt(reduce_lanes<row_threads>(squares.joined(Sum()), Sum()) / count + f.eps);
  const T weight = given(f.w, channel, T(1)), bias = given(f.b, channel, T(0));
  row.each([&](T& v) { v = v * inverse * weight + bias; });
  row.write(f.y, at, f.c.numbers, f.c.fours);
  if (threadIdx.x > 0) return;
  store(f.mean, channel, center);
  store(f.rstd, channel, inverse);
}

/// The moments of each piece. Bytes: x once. Expected at nine tenths of the bandwidth; not
/// measured.
template <class T>
__global__ void __launch_bounds__(row_threads, 4)
    batch_norm_moments(const Forward<T> f, Moments<T>* parts) {
  const Piece piece(f.c, in_turn());
  const InChannel at = f.c.channel(piece.channel);
  Chunk<T> chunk;
  Moments<T> total = {0, 0, 0};
  for (std::int64_t i = piece.begin; i < piece.end; i += chunk.most) {
    chunk.read(f.x, at.from(i), piece.end - i, f.c.fours, 0);
    const int count = chunk.count(piece.end - i, f.c.fours);
    const T mean = count > 0 ? chunk.joined(Sum()) / T(count) : 0;
    chunk.each_there(piece.end - i, f.c.fours, [&](T& v) { v = (v - mean) * (v - mean); });
    total = JoinMoments()(total, {T(count), mean, chunk.joined(Sum())});
  }
  total = reduce_lanes<row_threads>(total, JoinMoments());
  if (threadIdx.x == 0) parts[blockIdx.x] = total;
}
/// A warp joins the pieces of a channel.
template <class T>
__global__ void __launch_bounds__(row_threads)
    batch_norm_statistics(const Forward<T> f, const Moments<T>* parts, T* exact) {
  const RowPlace<32> place;
  const bool is_there = place.row < f.c.count;
  Moments<T> total = {0, 0, 0};
  for (std::int64_t piece = place.lane; piece < f.c.pieces && is_there; piece += 32)
    total = JoinMoments()(total, parts[place.row * f.c.pieces + piece]);
  total = reduce_lanes<32>(total, JoinMoments());
  if (place.lane > 0 || !is_there) return;
  const T inverse = 1 / std::sqrt(total.squares / T(f.c.numbers) + f.eps);
  exact[2 * place.row] = total.mean, exact[2 * place.row + 1] = inverse;
  store(f.mean, place.row, total.mean);
  store(f.rstd, place.row, inverse);
}
/// Bytes: x and y once. Expected at nine tenths of the bandwidth; not measured.
template <class T>
__global__ void __launch_bounds__(row_threads)
    batch_norm_apply(const Forward<T> f, const T* exact) {
  const Piece piece(f.c, last_first());
  const InChannel at = f.c.channel(piece.channel);
  const T center = exact[2 * piece.channel], inverse = exact[2 * piece.channel + 1];
  const T weight = given(f.w, piece.channel, T(1)), bias = given(f.b, piece.channel, T(0));
  Chunk<T> chunk;
  for (std::int64_t i = piece.begin; i < piece.end; i += chunk.most) {
    chunk.read(f.x, at.from(i), piece.end - i, f.c.fours, 0);
    chunk.each([&](T& v) { v = (v - center) * inverse * weight + bias; });
    chunk.write(f.y, at.from(i), piece.end - i, f.c.fours);
  }
}

// ------------------------------------------------------------ the derivative

/// dx = w rstd (dy - mean(dy) - normal mean(dy normal)), dw = Σ dy normal, db = Σ dy.
template <class T> struct Backward {
  Channels c;
  Array<T> dy, x, w, mean, rstd, dx, dw, db;
};
template <class T> struct Sums { T of_dy, of_products; };
template <class T> __device__ __forceinline__ Sums<T> shuffle_xor(const Sums<T>& s, int mask) {
  return {cuda::shuffle_xor(s.of_dy, mask), cuda::shuffle_xor(s.of_products, mask)};
}
struct JoinSums {
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

/// A chunk of dy, and of x as (x - mean) rstd; 0 beyond its end. Their sums, and dx in the place of
/// dy.
template <class T, int items> struct Pair {
  Row<T, row_threads, items> dy, normal;
  template <class At>
  __device__ __forceinline__ void read(const Backward<T>& b, const At& at, std::int64_t there,
                                       T center, T inverse) {
    dy.read(b.dy, at, there, b.c.fours, 0);
    normal.read(b.x, at, there, b.c.fours, center);
    normal.each([&](T& v) { v = (v - center) * inverse; });
  }
  __device__ __forceinline__ Sums<T> sums() const {
    Row<T, row_threads, items> products = dy;
    products.each_with(normal, [](T& d, T n) { d *= n; });
    return {dy.joined(Sum()), products.joined(Sum())};
  }
  __device__ __forceinline__ void derive(T scale, T mean_dy, T mean_products) {
    dy.each_with(normal, [&](T& d, T n) { d = scale * (d - mean_dy - n * mean_products); });
  }
};

/// A channel in the registers of a block. Bytes: dy, x and dx once.
template <class T, int items>
__global__ void __launch_bounds__(row_threads) batch_norm_grad_small(const Backward<T> b) {
  const std::int64_t channel = blockIdx.x;
  const InChannel at = b.c.channel(channel);
  const T inverse = load(b.rstd, channel), count = T(b.c.numbers);
  Pair<T, items> pair;
  pair.read(b, at, b.c.numbers, load(b.mean, channel), inverse);
  const Sums<T> sums = reduce_lanes<row_threads>(pair.sums(), JoinSums());
  pair.derive(given(b.w, channel, T(1)) * inverse, sums.of_dy / count, sums.of_products / count);
  pair.dy.write(b.dx, at, b.c.numbers, b.c.fours);
  if (threadIdx.x == 0) store_sums(b, channel, sums);
}

/// The sums of each piece. Bytes: dy and x once. Expected at nine tenths of the bandwidth; not
/// measured.
template <class T>
__global__ void __launch_bounds__(row_threads)
    batch_norm_grad_sums(const Backward<T> b, Sums<T>* parts) {
  const Piece piece(b.c, in_turn());
  const InChannel at = b.c.channel(piece.channel);
  const T center = load(b.mean, piece.channel), inverse = load(b.rstd, piece.channel);
  Pair<T, 2> pair;
  Sums<T> total = {0, 0};
  for (std::int64_t i = piece.begin; i < piece.end; i += pair.dy.most) {
    pair.read(b, at.from(i), piece.end - i, center, inverse);
    total = JoinSums()(total, pair.sums());
  }
  total = reduce_lanes<row_threads>(total, JoinSums());
  if (threadIdx.x == 0) parts[blockIdx.x] = total;
}
/// A warp joins the pieces of a channel.
template <class T>
__global__ void __launch_bounds__(row_threads)
    batch_norm_grad_join(const Backward<T> b, const Sums<T>* parts, Sums<T>* totals) {
  const RowPlace<32> place;
  const bool is_there = place.row < b.c.count;
  Sums<T> total = {0, 0};
  for (std::int64_t piece = place.lane; piece < b.c.pieces && is_there; piece += 32)
    total = JoinSums()(total, parts[place.row * b.c.pieces + piece]);
  total = reduce_lanes<32>(total, JoinSums());
  if (place.lane > 0 || !is_there) return;
  totals[place.row] = total;
  store_sums(b, place.row, total);
}
/// Bytes: dy, x and dx once. Expected at nine tenths of the bandwidth; not measured.
template <class T>
__global__ void __launch_bounds__(row_threads)
    batch_norm_grad_apply(const Backward<T> b, const Sums<T>* totals) {
  const Piece piece(b.c, last_first());
  const InChannel at = b.c.channel(piece.channel);
  const T center = load(b.mean, piece.channel), inverse = load(b.rstd, piece.channel),
          count = T(b.c.numbers);
  const T scale = given(b.w, piece.channel, T(1)) * inverse;
  const Sums<T> sums = totals[piece.channel];
  Pair<T, 2> pair;
  for (std::int64_t i = piece.begin; i < piece.end; i += pair.dy.most) {
    pair.read(b, at.from(i), piece.end - i, center, inverse);
    pair.derive(scale, sums.of_dy / count, sums.of_products / count);
    pair.dy.write(b.dx, at.from(i), piece.end - i, b.c.fours);
  }
}

// ------------------------------------------------------------ calls

constexpr std::int64_t most_small =
    4 * row_threads * 4;             // numbers of a channel that a block keeps in its registers
constexpr std::int64_t busy = 2048;  // blocks beyond which more would not be faster

/// x [N, C, ...] as [N, C, S], or where S is 1, as [1, C, N]: a channel's numbers are then
/// neighbours (after a copy).
View by_channel(const View& x) {
  const std::int64_t channels = x.size(1), inner = x.count() / (x.size(0) * channels);
  if (inner != 1) return x;
  return x.reshaped({1, channels, x.size(0)}, {0, x.stride(1), x.stride(0)}, x.offset());
}
template <class T> Channels channels_of(const View& x) {
  Channels c = {};
  c.count = x.size(1), c.size = x.count() / (x.size(0) * c.count), c.numbers = x.size(0) * c.size;
  const std::int64_t wanted =
      std::max<std::int64_t>(1, std::min(busy / c.count, c.numbers / most_small));
  c.piece = ceil_div(ceil_div(c.numbers, wanted), most_small) * most_small,
  c.pieces = ceil_div(c.numbers, c.piece);
  c.row = Divisor(c.size), c.fours = in_fours<T>(c.size);
  return c;
}
bool fits(const View& x) {
  return x.count() > 0 && x.count() / x.size(1) < (std::int64_t(1) << 31) - most_small;
}

template <class T> void forward(Runtime& runtime, const Forward<T>& f) {
  constexpr const char* name = "batch_norm";
  const Channels& c = f.c;
  if (c.numbers <= most_small / 4)
    return launch(runtime, name, unsigned(c.count), row_threads, batch_norm_small<T, 1>, f);
  if (c.numbers <= most_small)
    return launch(runtime, name, unsigned(c.count), row_threads, batch_norm_small<T, 4>, f);
  const Scratch parts(runtime, c.count * c.pieces * std::int64_t(sizeof(Moments<T>))),
      exact(runtime, c.count * 2 * std::int64_t(sizeof(T)));
  launch(runtime, name, unsigned(c.count * c.pieces), row_threads, batch_norm_moments<T>, f,
         parts.as<Moments<T>>());
  launch(runtime, name, blocks_of_rows(c.count, 32), row_threads, batch_norm_statistics<T>, f,
         parts.as<Moments<T>>(), exact.as<T>());
  launch(runtime, name, unsigned(c.count * c.pieces), row_threads, batch_norm_apply<T>, f,
         exact.as<T>());
}
template <class T> void backward(Runtime& runtime, const Backward<T>& b) {
  constexpr const char* name = "batch_norm_grad";
  const Channels& c = b.c;
  if (c.numbers <= most_small / 4)
    return launch(runtime, name, unsigned(c.count), row_threads, batch_norm_grad_small<T, 1>, b);
  if (c.numbers <= most_small)
    return launch(runtime, name, unsigned(c.count), row_threads, batch_norm_grad_small<T, 4>, b);
  const Scratch parts(runtime, c.count * c.pieces * std::int64_t(sizeof(Sums<T>))),
      totals(runtime, c.count * std::int64_t(sizeof(Sums<T>)));
  launch(runtime, name, unsigned(c.count * c.pieces), row_threads, batch_norm_grad_sums<T>, b,
         parts.as<Sums<T>>());
  launch(runtime, name, blocks_of_rows(c.count, 32), row_threads, batch_norm_grad_join<T>, b,
         parts.as<Sums<T>>(), totals.as<Sums<T>>());
  launch(runtime, name, unsigned(c.count * c.pieces), row_threads, batch_norm_grad_apply<T>, b,
         totals.as<Sums<T>>());
}

}  // namespace

bool batch_norm(Runtime& runtime, const View& x, const View& w, const View& b, double eps,
                const View& y, const View& mean, const View& rstd) {
  if (!fits(x)) return false;
  const Input from(runtime, by_channel(x)), weight(runtime, w), bias(runtime, b);
  const Output to(runtime, by_channel(y)), means(runtime, mean), rstds(runtime, rstd);
  with_real(x.dtype(), [&]<class T>(T) {
    forward<T>(runtime,
               {channels_of<T>(from), array_of<T>(from), array_of<T>(weight), array_of<T>(bias),
                array_of<T>(to), array_of<T>(means), array_of<T>(rstds), T(eps)});
  });
  to.finish(), means.finish(), rstds.finish();
  return true;
}

bool batch_norm_grad(Runtime& runtime, const View& dy, const View& x, const View& w,
                     const View& mean, const View& rstd, const View& dx, const View& dw,
                     const View& db) {
  if (!fits(x)) return false;
  const Input given(runtime, by_channel(dy)), kept(runtime, by_channel(x)), weight(runtime, w),
      means(runtime, mean), rstds(runtime, rstd);
  const Output to(runtime, by_channel(dx)), to_w(runtime, dw), to_b(runtime, db);
  with_real(x.dtype(), [&]<class T>(T) {
    backward<T>(runtime, {channels_of<T>(kept), array_of<T>(given), array_of<T>(kept),
                          array_of<T>(weight), array_of<T>(means), array_of<T>(rstds),
                          array_of<T>(to), array_of<T>(to_w), array_of<T>(to_b)});
  });
  to.finish(), to_w.finish(), to_b.finish();
  return true;
}

}  // namespace tinygrad::cuda
