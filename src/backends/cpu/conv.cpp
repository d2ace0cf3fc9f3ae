// SPDX-License-Identifier: MIT
// 2-D convolution, its gradient of the input and its gradient of the weight, as implicit GEMMs. The
// groups of a convolution are convolutions of their own: [N, groups C, ...] is [N groups, C, ...].
//
// The forward product is  y = w x,  w [out_channels, taps] and x [taps, pixels], where a tap is
// (channel, ky, kx) and x[t] holds the elements that tap t multiplies. The input is copied into a
// padded image, whose columns are ordered by their remainder modulo the stride. There, the elements
// that one tap multiplies for a row of outputs are adjacent, at one offset for each tap: so the
// product reads the padded image itself (direct convolution). For rows that would fill vectors
// badly, x is made in memory (im2col).
//
// The gradient of the input is one such product of dy for each remainder of rows and columns modulo
// the stride: to the elements of dx of one remainder, the same taps contribute. The gradient of the
// weight sums over all pixels: vectors hold adjacent output channels of the transposed dy, or, if
// there are few, adjacent pixels. Its sums over images are cut into a number of blocks that depends
// on shapes alone.
#include "backends/common/conv_geometry.h"
#include "backends/cpu/gemm.h"
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

constexpr int conv_rows = registers == 32 ? 8 : 6;  // output channels (or taps) of a tile

/// The groups of a convolution as images of one.
ConvGeometry one_group(ConvGeometry g) {
  g.batch *= g.groups, g.in_channels /= g.groups, g.out_channels /= g.groups, g.groups = 1;
  return g;
}
/// Images of `elements` in a part of a parallel loop.
std::int64_t images_per_part(std::int64_t elements) {
  return max<std::int64_t>(1, (1 << 14) / max<std::int64_t>(1, elements));
}

// ---------------------------------------------------------------- padded images
/// The indices i of 0 ... n - 1 for which  first + i  lies in 0 ... size - 1.
struct InsideRange {
  std::int64_t begin, end;
  InsideRange(std::int64_t n, std::int64_t first, std::int64_t size)
      : begin(max<std::int64_t>(0, -first)), end(min(n, size - first)) {}
};

/// An image [channels, height, width] inside a larger one [channels, padded_height, padded_width]
/// whose other elements are zeros: its element (0, 0) is at (top, left) there. Columns are stored
/// in the order of their remainder modulo `step`.
struct Padding {
  std::int64_t channels, height, width, top, left, padded_height, padded_width, step;

  std::int64_t phase() const { return ceil_div(padded_width, step); }  // columns of one remainder
  std::int64_t row() const { return phase() * step; }
  std::int64_t plane() const { return padded_height * row(); }
  std::int64_t size() const { return channels * plane(); }
  std::int64_t offset(std::int64_t channel, std::int64_t y, std::int64_t x) const {
    return channel * plane() + y * row() + x % step * phase() + x / step;
  }
};
Padding padding_of(const ConvGeometry& g) {
  return {g.in_channels, g.in_height,       g.in_width,       g.padding_y,
          g.padding_x,   g.padded_height(), g.padded_width(), g.stride_x};
}

/// A padded image in memory, which one image after the other is copied into. Vectors may be read
/// beyond its end.
template <class T> class PaddedImage {
 public:
  explicit PaddedImage(const Padding& p) : p_(p), data_(p.size() + 2 * lanes<T>) {
    std::memset((T*)data_, 0, std::size_t(p.size() + 2 * lanes<T>) * sizeof(T));
  }
  const T* of(const T* image) {
    const InsideRange rows(p_.height, p_.top, p_.padded_height),
        columns(p_.width, p_.left, p_.padded_width);
    for (std::int64_t c = 0; c < p_.channels; ++c)
      for (std::int64_t y = rows.begin; y < rows.end; ++y)
        copy_row(image + (c * p_.height + y) * p_.width, columns,
                 data_ + c * p_.plane() + (p_.top + y) * p_.row());
    return data_;
  }

 private:
  void copy_row(const T* from, const InsideRange& columns, T* row) const {
    for (std::int64_t k = 0; k < p_.step; ++k) {
      std::int64_t x = columns.begin + k;
      if (x >= columns.end) return;
      T* to = row + p_.offset(0, 0, p_.left + x);
      if (p_.step == 1) std::memcpy(to, from + x, std::size_t(columns.end - x) * sizeof(T));
      else
        for (; x < columns.end; x += p_.step) *to++ = from[x];
    }
  }
  Padding p_;
  Scratch<T> data_;
};

// ---------------------------------------------------------------- the product
/// The right matrix of the product, x [taps, pixels]: the element of tap t for pixel (y, x) is at
/// offset[t] + y stride + x.
struct PixelMatrix {
  std::int64_t rows, columns, stride;
  std::int64_t pixels() const { return rows * columns; }
  /// The same with as few rows as possible.
  PixelMatrix flat() const {
    return rows == 1 || stride == columns ? PixelMatrix{1, pixels(), pixels()} : *this;
  }
  /// Returns whether rows fill vectors well enough to be read in place.
  template <class T> bool is_direct() const {
    return rows * round_up(columns, lanes<T>) * 2 <= round_up(pixels(), lanes<T>) * 3;
  }
};

/// y [channels, pixels] = Σ_t w[channel, t] x[t, pixel], with offsets and weights of its own. x is
/// read from `planes` planes of a padded image.
template <class T> struct TapProduct {
  std::int64_t taps, channels, planes;
  PixelMatrix pixels;
  Scratch<std::int64_t> offset;
  Scratch<T> weight;  // [groups][channels / conv_rows][taps][conv_rows]
  TapProduct(std::int64_t taps, std::int64_t channels, std::int64_t planes, std::int64_t groups,
             const PixelMatrix& pixels)
      : taps(taps),
        channels(channels),
        planes(planes),
        pixels(pixels),
        offset(taps),
        weight(groups * group_size()) {}
  std::int64_t group_size() const { return round_up(channels, conv_rows) * taps; }
  T& weight_at(std::int64_t group, std::int64_t channel, std::int64_t t) {
    return weight[group * group_size() + (channel / conv_rows * taps + t) * conv_rows +
                  channel % conv_rows];
  }
};

/// A tile of y: `rows` output channels, and up to four vectors of pixels. w: conv_rows elements for
/// each tap.
template <class T> struct PixelTile {
  const T* right[4];
  T* to[4];
  std::int64_t count[4], channel_stride;  // count: pixels of each vector
};
template <class T, int rows, int vectors>
void conv_tile(std::int64_t taps, const T* w, const std::int64_t* offset, const T* bias,
               const PixelTile<T>& tile) {
  Sums<T, rows, vectors> sums;
  for (std::int64_t t = 0; t < taps; ++t, w += conv_rows) {
    const T* right[vectors];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) right[v] = tile.right[v] + offset[t];
    sums.step([w](int i) { return w + i; }, right);
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v)
      write_lanes(Vec<T>(sums.at[i][v]) + Vec<T>(bias ? bias[i] : T(0)),
                  tile.to[v] + i * tile.channel_stride, 1, tile.count[v], false);
}
template <class T, int vectors, int rows = conv_rows> auto conv_tile_of(std::int64_t n) {
  if constexpr (rows > 1) {
    if (n < rows) return conv_tile_of<T, vectors, rows - 1>(n);
  }
  return conv_tile<T, rows, vectors>;
}

/// columns [taps, pixels]: the elements that each tap multiplies.
template <class T> void im2col(const TapProduct<T>& product, const T* right, T* columns) {
  const PixelMatrix& p = product.pixels;
  for (std::int64_t t = 0; t < product.taps; ++t)
    for (std::int64_t y = 0; y < p.rows; ++y, columns += p.columns)
      std::memcpy(columns, right + product.offset[t] + y * p.stride,
                  std::size_t(p.columns) * sizeof(T));
  std::memset(columns, 0, 2 * lanes<T> * sizeof(T));
}

/// The elements of right that each tile of output channels reads again stay in the L2 cache.
constexpr std::int64_t block_bytes = 1 << 18;

/// The pixels [row, end_row) x [column, end_column) of an image.
struct PixelBlock {
  std::int64_t row, end_row, column, end_column;
};
/// All output channels for a block of pixels. The sums of one or two channels leave registers for
/// four vectors of pixels; otherwise there are two. bias [channels], or null.
template <class T>
void multiply_block(const TapProduct<T>& product, const PixelMatrix& pixels,
                    const PixelBlock& block, const std::int64_t* offset, const T* right, const T* w,
                    const T* bias, T* y) {
  const std::int64_t taps = product.taps, stride = product.pixels.pixels();
  for (std::int64_t o = 0; o < product.channels; o += conv_rows) {
    const std::int64_t rows = min<std::int64_t>(conv_rows, product.channels - o);
    const int whole = rows <= 2 ? 4 : 2;
    const auto all = rows <= 2 ? conv_tile_of<T, 4, 2>(rows) : conv_tile_of<T, 2>(rows),
               one = conv_tile_of<T, 1>(rows);
    PixelTile<T> tile;
    tile.channel_stride = stride;
    int vectors = 0;
    const auto call = [&](auto f, const PixelTile<T>& t) {
      f(taps, w + o * taps, offset, bias ? bias + o : bias, t);
    };
    for (std::int64_t row = block.row; row < block.end_row; ++row)
      for (std::int64_t x = block.column; x < block.end_column; x += lanes<T>) {
        tile.right[vectors] = right + row * pixels.stride + x;
        tile.to[vectors] = y + o * stride + row * pixels.columns + x;
        tile.count[vectors] = min<std::int64_t>(lanes<T>, block.end_column - x);
        if (++vectors == whole) call(all, tile), vectors = 0;
      }
    for (int v = 0; v < vectors; ++v)
      call(one, {{tile.right[v]}, {tile.to[v]}, {tile.count[v]}, stride});
  }
}
/// The same for all pixels of an image. row_size: the elements of right that one row reads.
template <class T>
void multiply_pixels(const TapProduct<T>& product, const PixelMatrix& pixels, std::int64_t row_size,
                     const std::int64_t* offset, const T* right, const T* w, const T* bias, T* y) {
  const std::int64_t most = block_bytes / std::int64_t(sizeof(T)),
                     rows = max<std::int64_t>(1, most / max<std::int64_t>(1, row_size)),
                     columns =
                         pixels.rows > 1
                             ? pixels.columns
                             : round_up(max<std::int64_t>(1, most * pixels.columns /
                                                                 max<std::int64_t>(1, row_size)),
                                        4 * lanes<T>);
  for (std::int64_t row = 0; row < pixels.rows; row += rows)
    for (std::int64_t x = 0; x < pixels.columns; x += columns)
      multiply_block<T>(product, pixels,
                        {row, min(row + rows, pixels.rows), x, min(x + columns, pixels.columns)},
                        offset, right, w, bias, y);
}
template <class T>
void multiply_taps(const TapProduct<T>& product, std::int64_t group, const T* right, const T* bias,
                   T* y) {
  const T* w = product.weight + group * product.group_size();
  const PixelMatrix flat = product.pixels.flat();
  if (flat.is_direct<T>())
    return multiply_pixels<T>(product, flat, product.planes * flat.stride, product.offset, right, w,
                              bias, y);
  const std::int64_t pixels = product.pixels.pixels();
  Scratch<T> columns(product.taps * pixels + 2 * lanes<T>);
  Scratch<std::int64_t> offset(product.taps);
  for (std::int64_t t = 0; t < product.taps; ++t) offset[t] = t * pixels;
  im2col<T>(product, right, columns);
  multiply_pixels<T>(product, {1, pixels, pixels}, product.taps * pixels, offset, columns, w, bias,
                     y);
}

/// y [batch, out_channels, out] = x [batch, in_channels, in] convolved with w [out_channels, taps],
/// plus bias [out_channels] or null.
template <class T>
void convolve(const ConvGeometry& all, const T* x, const T* w, const T* bias, T* y) {
  const ConvGeometry g = one_group(all);
  const Padding padding = padding_of(g);
  TapProduct<T> product(g.taps(), g.out_channels, g.in_channels, all.groups,
                        {g.out_height, g.out_width, g.stride_y * padding.row()});
  for (std::int64_t c = 0, t = 0; c < g.in_channels; ++c)
    for (std::int64_t ky = 0; ky < g.kernel_height; ++ky)
      for (std::int64_t kx = 0; kx < g.kernel_width; ++kx)
        product.offset[t++] = padding.offset(c, ky * g.dilation_y, kx * g.dilation_x);
  for (std::int64_t o = 0; o < all.out_channels; ++o)
    for (std::int64_t t = 0; t < product.taps; ++t)
      product.weight_at(o / g.out_channels, o % g.out_channels, t) = w[o * product.taps + t];
  const std::int64_t in = g.in_channels * g.in_pixels(), out = g.out_channels * g.out_pixels();
  parallel_ranges(g.batch, images_per_part(in + out), [&](std::int64_t begin, std::int64_t end) {
    PaddedImage<T> padded(padding);
    for (std::int64_t n = begin; n < end; ++n) {
      const std::int64_t group = n % all.groups;
      multiply_taps<T>(product, group, padded.of(x + n * in),
                       bias ? bias + group * g.out_channels : nullptr, y + n * out);
    }
  });
}

// ---------------------------------------------------------------- the gradient of the input
/// One dimension of a gradient of the input: dx[i] = Σ_k w[k] dy[j]  over the j and k with
/// j stride + k dilation = i + padding.
struct GradAxis {
  std::int64_t size, out_size, kernel, stride, padding, dilation;
  /// The first row of dy that some element of dx needs, and the number of those up to the last. May
  /// lie outside of dy.
  std::int64_t begin() const { return floor_div(padding - (kernel - 1) * dilation, stride); }
  std::int64_t length() const { return (size - 1 + padding) / stride + 1 - begin(); }
  /// The elements of dx whose position + padding has this remainder modulo the stride: the first
  /// one, and their number.
  std::int64_t first(std::int64_t remainder) const {
    return (remainder - padding % stride + stride) % stride;
  }
  std::int64_t count(std::int64_t remainder) const {
    return max<std::int64_t>(0, ceil_div(size - first(remainder), stride));
  }
  /// Returns whether tap k contributes to them, and the row of dy, from begin() on, that it
  /// multiplies for the first one.
  bool contributes(std::int64_t k, std::int64_t remainder) const {
    return (remainder - k * dilation) % stride == 0;
  }
  std::int64_t row(std::int64_t k, std::int64_t remainder) const {
    return (first(remainder) + padding - k * dilation) / stride - begin();
  }

 private:
  static std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a >= 0 ? a / b : -ceil_div(-a, b);
  }
};

/// The product that gives the elements of dx of one remainder of rows and one of columns. w
/// [groups][out_channels, in_channels, kh, kw].
template <class T>
void set_up(TapProduct<T>& product, const ConvGeometry& g, const GradAxis (&axes)[2],
            const std::int64_t (&remainder)[2], const Padding& padding, const T* w,
            std::int64_t groups) {
  std::int64_t t = 0;
  for (std::int64_t o = 0; o < g.out_channels; ++o)
    for (std::int64_t ky = 0; ky < g.kernel_height; ++ky)
      for (std::int64_t kx = 0; kx < g.kernel_width; ++kx) {
        if (!axes[0].contributes(ky, remainder[0]) || !axes[1].contributes(kx, remainder[1]))
          continue;
        product.offset[t] =
            padding.offset(o, axes[0].row(ky, remainder[0]), axes[1].row(kx, remainder[1]));
        for (std::int64_t group = 0; group < groups; ++group)
          for (std::int64_t c = 0; c < g.in_channels; ++c)
            product.weight_at(group, c, t) =
                w[((group * g.out_channels + o) * g.in_channels + c) * g.kernel_size() +
                  ky * g.kernel_width + kx];
        ++t;
      }
}

/// dx [batch, in_channels, in] from dy [batch, out_channels, out] and w. At stride 1 there is one
/// remainder, and the product writes dx itself.
template <class T> void input_grad(const ConvGeometry& all, const T* dy, const T* w, T* dx) {
  const ConvGeometry g = one_group(all);
  const GradAxis axes[2] = {
      {g.in_height, g.out_height, g.kernel_height, g.stride_y, g.padding_y, g.dilation_y},
      {g.in_width, g.out_width, g.kernel_width, g.stride_x, g.padding_x, g.dilation_x}};
  const Padding padding = {g.out_channels,   g.out_height,     g.out_width,      -axes[0].begin(),
                           -axes[1].begin(), axes[0].length(), axes[1].length(), 1};
  const bool in_place = g.stride_y == 1 && g.stride_x == 1;
  const std::int64_t in = g.in_channels * g.in_pixels(), out = g.out_channels * g.out_pixels();
  for (std::int64_t phase = 0; phase < g.stride_y * g.stride_x; ++phase) {
    const std::int64_t remainder[2] = {phase / g.stride_x, phase % g.stride_x};
    std::int64_t used[2] = {0, 0};
    for (int a = 0; a < 2; ++a)
      for (std::int64_t k = 0; k < axes[a].kernel; ++k)
        used[a] += axes[a].contributes(k, remainder[a]);
    const PixelMatrix pixels = {axes[0].count(remainder[0]), axes[1].count(remainder[1]),
                                padding.row()};
    if (pixels.pixels() == 0) continue;
    TapProduct<T> product(g.out_channels * used[0] * used[1], g.in_channels, g.out_channels,
                          all.groups, pixels);
    set_up(product, g, axes, remainder, padding, w, all.groups);
    parallel_ranges(g.batch, images_per_part(in + out), [&](std::int64_t begin, std::int64_t end) {
      PaddedImage<T> padded(padding);
      Scratch<T> part(in_place ? 0 : g.in_channels * pixels.pixels());
      for (std::int64_t n = begin; n < end; ++n) {
        T* image = dx + n * in;
        multiply_taps<T>(product, n % all.groups, padded.of(dy + n * out), nullptr,
                         in_place ? image : part);
        if (in_place) continue;
        const T* from = part;
        for (std::int64_t c = 0; c < g.in_channels; ++c)
          for (std::int64_t y = 0; y < pixels.rows; ++y) {
            T* to = image +
                    (c * g.in_height + axes[0].first(remainder[0]) + y * g.stride_y) * g.in_width +
                    axes[1].first(remainder[1]);
            for (std::int64_t x = 0; x < pixels.columns; ++x) to[x * g.stride_x] = *from++;
          }
      }
    });
  }
}

// ---------------------------------------------------------------- the gradient of the weight
/// Adds to sums [rows taps][out_channels]: for each pixel of `height` rows, the tap's element times
/// the vectors of dy [pixels][out_channels]. row: each tap's first element.
template <class T, int rows, int vectors>
void weight_tile(const PixelMatrix& pixels, const T* const* row, const T* dy,
                 std::int64_t dy_stride, T* to, std::int64_t to_stride) {
  Sums<T, rows, vectors> sums;
  for (std::int64_t y = 0; y < pixels.rows; ++y)
    for (std::int64_t x = 0, at = y * pixels.stride; x < pixels.columns;
         ++x, ++at, dy += dy_stride) {
      const T* right[vectors];
      for (int v = 0; v < vectors; ++v) right[v] = dy + v * lanes<T>;
      sums.step([&](int i) { return row[i] + at; }, right);
    }
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
    for (int v = 0; v < vectors; ++v)
      write_lanes(Vec<T>(sums.at[i][v]), to + i * to_stride + v * lanes<T>, 1, lanes<T>, true);
}
template <class T, int vectors, int rows = conv_rows> auto weight_tile_of(std::int64_t n) {
  if constexpr (rows > 1) {
    if (n < rows) return weight_tile_of<T, vectors, rows - 1>(n);
  }
  return weight_tile<T, rows, vectors>;
}
/// Adds to sums [rows taps]: the products of the tap's elements with one channel of dy [pixels].
template <class T, int rows>
void dot_tile(const PixelMatrix& pixels, const T* const* row, const T* dy, T* to) {
  Vec<T> sums[rows];
  for (int i = 0; i < rows; ++i) sums[i] = T(0);
  for (std::int64_t y = 0; y < pixels.rows; ++y)
    for (std::int64_t x = 0; x < pixels.columns; x += lanes<T>) {
      const std::int64_t n = min<std::int64_t>(lanes<T>, pixels.columns - x),
                         at = y * pixels.stride + x;
      const Vec<T> grad = load(dy + y * pixels.columns + x, n);
#pragma GCC unroll 16
      for (int i = 0; i < rows; ++i) sums[i].raw += load(row[i] + at, n).raw * grad.raw;
    }
  for (int i = 0; i < rows; ++i) to[i] += sum_lanes(sums[i]);
}
constexpr int dot_rows = 9;
template <class T, int rows = dot_rows> auto dot_tile_of(std::int64_t n) {
  if constexpr (rows > 1) {
    if (n < rows) return dot_tile_of<T, rows - 1>(n);
  }
  return dot_tile<T, rows>;
}

/// The gradients of the weights of one group, [out_channels, taps].
template <class T> class WeightGrad {
 public:
  WeightGrad(const ConvGeometry& g)
      : g_(g),
        padding_(padding_of(g)),
        pixels_{g.out_height, g.out_width, g.stride_y * padding_.row()},
        offset_(g.taps()) {
    for (std::int64_t c = 0, t = 0; c < g.in_channels; ++c)
      for (std::int64_t ky = 0; ky < g.kernel_height; ++ky)
        for (std::int64_t kx = 0; kx < g.kernel_width; ++kx)
          offset_[t++] = padding_.offset(c, ky * g.dilation_y, kx * g.dilation_x);
  }
  /// If output channels do not fill a vector, vectors are those of pixels.
  bool by_pixels() const { return g_.out_channels < lanes<T>; }
  /// Partial sums are [taps][columns] or, by pixels, [out_channels][taps].
  std::int64_t columns() const {
    return by_pixels() ? g_.out_channels : round_up(g_.out_channels, lanes<T>);
  }
  std::int64_t size() const { return g_.taps() * columns(); }
  /// dw [groups][out_channels][taps] from the sums of all groups.
  void store(const T* sums, std::int64_t groups, T* dw) const {
    const std::int64_t taps = g_.taps(), rows = max<std::int64_t>(lanes<T>, (1 << 14) / columns());
    if (by_pixels()) std::memcpy(dw, sums, std::size_t(groups * size()) * sizeof(T));
    else
      for (std::int64_t group = 0; group < groups; ++group)
        parallel_ranges(taps, rows, [&](std::int64_t begin, std::int64_t end) {
          transpose(sums + group * size() + begin * columns(), columns(), end - begin,
                    g_.out_channels, dw + group * g_.out_channels * taps + begin, taps);
        });
  }
  /// sums = the sum over the images first, first + step ... below end.
  void add(std::int64_t first, std::int64_t step, std::int64_t end, const T* x, const T* dy,
           T* sums) const {
    const std::int64_t out = g_.out_channels * g_.out_pixels(),
                       in = g_.in_channels * g_.in_pixels();
    PaddedImage<T> padded(padding_);
    Scratch<T> transposed(by_pixels() ? 0 : g_.out_pixels() * columns());
    std::memset(sums, 0, std::size_t(size()) * sizeof(T));
    if (!by_pixels())
      std::memset((T*)transposed, 0, std::size_t(g_.out_pixels() * columns()) * sizeof(T));
    for (std::int64_t n = first; n < end; n += step) {
      const T* image = padded.of(x + n * in);
      if (!by_pixels())
        transpose(dy + n * out, g_.out_pixels(), g_.out_channels, g_.out_pixels(), (T*)transposed,
                  columns());
      for (std::int64_t y = 0; y < pixels_.rows; y += band()) {
        PixelMatrix part = pixels_;
        part.rows = min(band(), pixels_.rows - y);
        const T* rows = image + y * pixels_.stride;
        if (by_pixels()) add_dots(part, rows, dy + n * out + y * part.columns, sums);
        else add_products(part, rows, transposed + y * part.columns * columns(), sums);
      }
    }
  }

 private:
  /// The rows of pixels whose products are added up before they join the sums: the sum over all
  /// pixels of a large image in one register would drift.
  std::int64_t band() const { return max<std::int64_t>(1, 4096 / g_.out_width); }
  void add_products(const PixelMatrix& pixels, const T* image, const T* dy, T* sums) const {
    const std::int64_t group = even_piece(g_.taps(), conv_rows);
    for (std::int64_t t = 0; t < g_.taps(); t += group) {
      const std::int64_t rows = min(group, g_.taps() - t);
      const T* row[conv_rows];
      for (std::int64_t i = 0; i < rows; ++i) row[i] = image + offset_[t + i];
      const auto two = weight_tile_of<T, 2>(rows), one = weight_tile_of<T, 1>(rows);
      for (std::int64_t o = 0; o < columns(); o += 2 * lanes<T>)
        (o + lanes<T> < columns() ? two : one)(pixels, row, dy + o, columns(),
                                               sums + t * columns() + o, columns());
    }
  }
  void add_dots(const PixelMatrix& pixels, const T* image, const T* dy, T* sums) const {
    const std::int64_t group = even_piece(g_.taps(), dot_rows);
    for (std::int64_t t = 0; t < g_.taps(); t += group) {
      const std::int64_t rows = min(group, g_.taps() - t);
      const T* row[dot_rows];
      for (std::int64_t i = 0; i < rows; ++i) row[i] = image + offset_[t + i];
      const auto tile = dot_tile_of<T>(rows);
      for (std::int64_t o = 0; o < g_.out_channels; ++o)
        tile(pixels, row, dy + o * g_.out_pixels(), sums + o * g_.taps() + t);
    }
  }
  const ConvGeometry& g_;
  Padding padding_;
  PixelMatrix pixels_;
  Scratch<std::int64_t> offset_;
};

template <class T> void weight_grad(const ConvGeometry& all, const T* x, const T* dy, T* dw) {
  const ConvGeometry g = one_group(all);
  const WeightGrad<T> grad(g);
  const std::int64_t groups = all.groups, size = grad.size();
  const std::int64_t blocks =
      max<std::int64_t>(1, min<std::int64_t>(all.batch, size * groups < 1 << 20 ? 8 : 2));
  Scratch<T> partial(blocks * groups * size);
  parallel(blocks * groups, [&](std::int64_t i) {
    const std::int64_t block = i / groups, group = i % groups;
    grad.add(all.batch * block / blocks * groups + group, groups,
             all.batch * (block + 1) / blocks * groups, x, dy, partial + i * size);
  });
  const std::int64_t total = groups * size;
  parallel_ranges(total, 1 << 14, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = 1; p < blocks; ++p)
      for (std::int64_t k = begin; k < end; ++k) partial[k] += partial[p * total + k];
  });
  grad.store(partial, groups, dw);
}

/// Returns whether the padded images' sizes can be counted.
bool is_small(const ConvGeometry& g) {
  const double rows = double(g.padded_height()) + double(g.in_height + 2 * g.padding_y),
               columns = double(g.padded_width()) + double(g.in_width + 2 * g.padding_x);
  return rows * columns * double(g.in_channels + g.out_channels) < 0x1p50;
}

/// Calls f(T, geometry) for the convolution of x with w to y, or returns false.
template <class F>
bool with_geometry(const Array& x, const Array& w, const Array& y, const Window& window,
                   const F& f) {
  const ConvGeometry g = conv_forward(x.shape, w.shape, y.shape, window);
  return is_small(g) && in_real(y.dtype, [&]<class T>(T zero) { f(zero, g); });
}

}  // namespace

bool conv2d(const Array& x, const Array& w, const Array& b, const Window& window, const Array& y) {
  return with_geometry(x, w, y, window, [&]<class T>(T, const ConvGeometry& g) {
    if (y.count == 0) return;
    const Input<T> images(x), weight(w), bias(b);
    Output<T> out(y);
    convolve<T>(g, images, weight, bias, out);
    out.finish();
  });
}

bool conv2d_input_grad(const Array& dy, const Array& w, const Window& window, const Array& dx) {
  return with_geometry(dx, w, dy, window, [&]<class T>(T, const ConvGeometry& g) {
    if (dx.count == 0) return;
    const Input<T> gradient(dy), weight(w);
    Output<T> out(dx);
    input_grad<T>(g, gradient, weight, out);
    out.finish();
  });
}

bool conv2d_weight_grad(const Array& dy, const Array& x, const Window& window, const Array& dw) {
  return with_geometry(x, dw, dy, window, [&]<class T>(T, const ConvGeometry& g) {
    if (dw.count == 0) return;
    const Input<T> images(x), gradient(dy);
    Output<T> out(dw);
    weight_grad<T>(g, images, gradient, out);
    out.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
