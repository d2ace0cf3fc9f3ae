// SPDX-License-Identifier: MIT
// 2-D convolution, its gradient of the input and its gradient of the weight, for groups = 1 and
// dilation 1, as implicit GEMMs.
//
// The forward product is  y = w x,  w [out_channels, taps] and x [taps, pixels], where a tap is
// (channel, ky, kx) and x[t] holds the elements that tap t multiplies. The input is copied into a
// padded image. There, the elements that one tap multiplies for a row of outputs are adjacent if
// the stride is 1, at one offset for each tap: so the product reads the padded image itself (direct
// convolution). For other strides, and for rows that would fill vectors badly, x is made in memory
// (im2col).
//
// The gradient of the input is the same convolution: that of dy, with input dilation (zeros between
// the elements of dy, as many as the stride skips), in a padded image, with flipped filters. The
// gradient of the weight is a product of taps x channels that sums over all pixels, with dy
// transposed so that channels are adjacent; its sums over images are cut into a number of blocks
// that depends on shapes alone.
#include "backends/common/conv_geometry.h"
#include "backends/cpu/gemm.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

constexpr int conv_rows = 8;  // output channels (or taps) of a tile

/// The distance in a padded image from the element that tap 0 multiplies to that of tap t.
std::int64_t tap_offset(const ConvGeometry& g, std::int64_t t) {
  return t / g.kernel_size() * g.padded_pixels() +
         t / g.kernel_width % g.kernel_height * g.padded_width() + t % g.kernel_width;
}

/// The indices i of 0 ... n - 1 for which  first + i step  lies in 0 ... size - 1.
struct InsideRange {
  std::int64_t begin, end;
  InsideRange(std::int64_t n, std::int64_t first, std::int64_t step, std::int64_t size)
      : begin(first >= 0 ? 0 : ceil_div(-first, step)),
        end(min(n, first >= size ? 0 : ceil_div(size - first, step))) {}
};

/// Copies one image into a padded image, with input dilation.
template <class T> void copy_padded(const ConvGeometry& g, const T* image, T* padded) {
  std::memset(padded, 0, std::size_t(g.in_channels * g.padded_pixels()) * sizeof(T));
  const InsideRange rows(g.in_height, g.padding_y, g.input_dilation_y, g.padded_height()),
      columns(g.in_width, g.padding_x, g.input_dilation_x, g.padded_width());
  if (columns.begin >= columns.end) return;
  for (std::int64_t channel = 0; channel < g.in_channels; ++channel)
    for (std::int64_t y = rows.begin; y < rows.end; ++y) {
      const T* from = image + (channel * g.in_height + y) * g.in_width;
      const std::int64_t row = g.padding_y + y * g.input_dilation_y;
      T* to = padded + channel * g.padded_pixels() + row * g.padded_width() + g.padding_x;
      if (g.input_dilation_x == 1)
        std::memcpy(to + columns.begin, from + columns.begin,
                    std::size_t(columns.end - columns.begin) * sizeof(T));
      else
        for (std::int64_t x = columns.begin; x < columns.end; ++x)
          to[x * g.input_dilation_x] = from[x];
    }
}

/// The right matrix of the product, x [taps, pixels]: the element of tap t for pixel (y, x) is at
/// offset[t] + y stride + x.
struct PixelMatrix {
  std::int64_t rows, columns, stride;
};

/// Returns whether the product reads the padded image itself: the stride is 1, and rows of outputs
/// fill vectors well enough.
template <class T> bool is_direct(const ConvGeometry& g) {
  const std::int64_t by_row = g.out_height * round_up(g.out_width, lanes<T>),
                     flat = round_up(g.out_pixels(), lanes<T>);
  return g.stride_y == 1 && g.stride_x == 1 && by_row * 2 <= flat * 3;
}

/// columns [taps, pixels]: the elements that each tap multiplies.
template <class T>
void im2col(const ConvGeometry& g, const T* padded, std::int64_t stride, T* columns) {
  for (std::int64_t t = 0; t < g.taps(); ++t) {
    const T* from = padded + tap_offset(g, t);
    T* to = columns + t * stride;
    for (std::int64_t y = 0; y < g.out_height; ++y)
      for (std::int64_t x = 0; x < g.out_width; ++x)
        *to++ = from[y * g.stride_y * g.padded_width() + x * g.stride_x];
  }
}

/// A tile of y: `rows` output channels, and one or two vectors of pixels. w: conv_rows elements for
/// each tap.
template <class T> struct PixelTile {
  const T* right[2];
  T* to[2];
  std::int64_t count[2], channel_stride;  // count: pixels of each vector
};
template <class T, int rows, int vectors>
void conv_tile(std::int64_t taps, const T* w, const std::int64_t* offset, const T* bias,
               const PixelTile<T>& tile) {
  Sums<T, rows, vectors> sums;
  for (std::int64_t t = 0; t < taps; ++t, w += conv_rows) {
    const T* right[vectors];
    for (int v = 0; v < vectors; ++v) right[v] = tile.right[v] + offset[t];
    sums.step([w](int i) { return w + i; }, right);
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
    for (int v = 0; v < vectors; ++v)
      write(Vec<T>(sums.at[i][v]) + Vec<T>(bias[i]), tile.to[v] + i * tile.channel_stride, 1,
            tile.count[v], false);
}
template <class T, int vectors, int rows = conv_rows> auto conv_tile_of(std::int64_t n) {
  if constexpr (rows > 1) {
    if (n < rows) return conv_tile_of<T, vectors, rows - 1>(n);
  }
  return conv_tile<T, rows, vectors>;
}

/// w [out_channels, taps] in groups of conv_rows output channels: to[group][tap][channel].
template <class T>
void pack_weight(std::int64_t out_channels, std::int64_t taps, const T* w, T* to) {
  for (std::int64_t o = 0; o < out_channels; ++o)
    for (std::int64_t t = 0; t < taps; ++t)
      to[(o / conv_rows * taps + t) * conv_rows + o % conv_rows] = w[o * taps + t];
}

/// All output channels for the pixels of one image, two vectors of pixels at a time. w packed; bias
/// [out_channels].
template <class T>
void conv_image(const ConvGeometry& g, const PixelMatrix& pixels, const T* right,
                const std::int64_t* offset, const T* w, const T* bias, T* y) {
  const std::int64_t vectors_per_row = ceil_div(pixels.columns, lanes<T>),
                     vectors = pixels.rows * vectors_per_row, taps = g.taps();
  const auto set_vector = [&](std::int64_t vector, std::int64_t channel, int v,
                              PixelTile<T>& tile) {
    const std::int64_t row = vector / vectors_per_row, x = vector % vectors_per_row * lanes<T>;
    tile.right[v] = right + row * pixels.stride + x;
    tile.to[v] = y + channel * g.out_pixels() + row * pixels.columns + x;
    tile.count[v] = min<std::int64_t>(lanes<T>, pixels.columns - x);
  };
  for (std::int64_t o = 0; o < g.out_channels; o += conv_rows) {
    const std::int64_t rows = min<std::int64_t>(conv_rows, g.out_channels - o);
    const auto two = conv_tile_of<T, 2>(rows), one = conv_tile_of<T, 1>(rows);
    PixelTile<T> tile;
    tile.channel_stride = g.out_pixels();
    for (std::int64_t vector = 0; vector < vectors; vector += 2) {
      set_vector(vector, o, 0, tile);
      if (vector + 1 < vectors) set_vector(vector + 1, o, 1, tile);
      (vector + 1 < vectors ? two : one)(taps, w + o * taps, offset, bias + o, tile);
    }
  }
}

/// y [batch, out_channels, out] = x [batch, in_channels, in] convolved with w [out_channels, taps],
/// plus bias [out_channels] or null.
template <class T>
void convolve(const ConvGeometry& g, const T* x, const T* w, const T* bias, T* y) {
  const std::int64_t taps = g.taps(), out_channels = round_up(g.out_channels, conv_rows),
                     slack = 2 * lanes<T>;  // vectors are read beyond the last row's end
  Scratch<T> packed(out_channels * taps), biases(out_channels);
  pack_weight(g.out_channels, taps, w, (T*)packed);
  for (std::int64_t o = 0; o < out_channels; ++o)
    biases[o] = bias && o < g.out_channels ? bias[o] : T(0);
  const bool direct = is_direct<T>(g);
  const PixelMatrix pixels = direct ? PixelMatrix{g.out_height, g.out_width, g.padded_width()}
                                    : PixelMatrix{1, g.out_pixels(), g.out_pixels()};
  Scratch<std::int64_t> offset(taps);
  for (std::int64_t t = 0; t < taps; ++t) offset[t] = direct ? tap_offset(g, t) : t * pixels.stride;
  parallel(g.batch, [&](std::int64_t n) {
    const std::int64_t padded_size = g.in_channels * g.padded_pixels();
    Scratch<T> padded(padded_size + slack), columns(direct ? 0 : taps * pixels.stride + slack);
    copy_padded(g, x + n * g.in_channels * g.in_pixels(), (T*)padded);
    std::memset(padded + padded_size, 0, std::size_t(slack) * sizeof(T));
    if (!direct) {
      im2col(g, (const T*)padded, pixels.stride, (T*)columns);
      std::memset(columns + taps * pixels.stride, 0, std::size_t(slack) * sizeof(T));
    }
    conv_image(g, pixels, (const T*)(direct ? padded : columns), (const std::int64_t*)offset,
               (const T*)packed, (const T*)biases, y + n * g.out_channels * g.out_pixels());
  });
}

// ---------------------------------------------------------------- the gradient of the weight
/// Adds to sums [rows taps][out_channels]: for each pixel of `height` rows, the tap's element times
/// the vectors of dy [pixels][out_channels]. row: each tap's first element.
template <class T, int rows, int vectors>
void weight_tile(const ConvGeometry& g, std::int64_t height, const T* const* row, const T* dy,
                 std::int64_t dy_stride, T* to, std::int64_t to_stride) {
  Sums<T, rows, vectors> sums;
  const std::int64_t row_stride = g.stride_y * g.padded_width();
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0, at = y * row_stride; x < g.out_width;
         ++x, at += g.stride_x, dy += dy_stride) {
      const T* right[vectors];
      for (int v = 0; v < vectors; ++v) right[v] = dy + v * lanes<T>;
      sums.step([&](int i) { return row[i] + at; }, right);
    }
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
    for (int v = 0; v < vectors; ++v)
      write(Vec<T>(sums.at[i][v]), to + i * to_stride + v * lanes<T>, 1, lanes<T>, true);
}
template <class T, int vectors, int rows = conv_rows> auto weight_tile_of(std::int64_t n) {
  if constexpr (rows > 1) {
    if (n < rows) return weight_tile_of<T, vectors, rows - 1>(n);
  }
  return weight_tile<T, rows, vectors>;
}

/// Adds one image's part to sums [taps][out_channels], in bands of rows: the sum over all pixels of
/// a large image in one register would drift. dy transposed: [pixels][out_channels].
template <class T>
void add_weight_grad(const ConvGeometry& g, const T* padded, const T* dy, std::int64_t out_channels,
                     T* sums) {
  const std::int64_t group = even_piece(g.taps(), conv_rows),
                     band = max<std::int64_t>(1, 4096 / g.out_width);
  for (std::int64_t y = 0; y < g.out_height; y += band)
    for (std::int64_t t = 0; t < g.taps(); t += group) {
      const std::int64_t rows = min(group, g.taps() - t), height = min(band, g.out_height - y);
      const T *row[conv_rows], *right = dy + y * g.out_width * out_channels;
      for (std::int64_t i = 0; i < rows; ++i)
        row[i] = padded + tap_offset(g, t + i) + y * g.stride_y * g.padded_width();
      const auto two = weight_tile_of<T, 2>(rows), one = weight_tile_of<T, 1>(rows);
      for (std::int64_t o = 0; o < out_channels; o += 2 * lanes<T>)
        (o + lanes<T> < out_channels ? two : one)(g, height, row, right + o, out_channels,
                                                  sums + t * out_channels + o, out_channels);
    }
}

template <class T> void weight_grad(const ConvGeometry& g, const T* x, const T* dy, T* dw) {
  const std::int64_t out_channels = round_up(g.out_channels, lanes<T>), taps = g.taps(),
                     size = taps * out_channels, pixels = g.out_pixels();
  const std::int64_t blocks =
      max<std::int64_t>(1, min<std::int64_t>(g.batch, size < 1 << 20 ? 8 : 2));
  Scratch<T> partial(blocks * size);
  parallel(blocks, [&](std::int64_t p) {
    Scratch<T> padded(g.in_channels * g.padded_pixels()), transposed(pixels * out_channels);
    T* sums = partial + p * size;
    std::memset(sums, 0, std::size_t(size) * sizeof(T));
    std::memset((T*)transposed, 0, std::size_t(pixels * out_channels) * sizeof(T));
    for (std::int64_t n = g.batch * p / blocks; n < g.batch * (p + 1) / blocks; ++n) {
      copy_padded(g, x + n * g.in_channels * g.in_pixels(), (T*)padded);
      transpose(dy + n * g.out_channels * pixels, pixels, g.out_channels, pixels, (T*)transposed,
                out_channels);
      add_weight_grad(g, (const T*)padded, (const T*)transposed, out_channels, sums);
    }
  });
  parallel_ranges(g.out_channels, max<std::int64_t>(1, (1 << 14) / (taps * blocks)),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t o = begin; o < end; ++o)
                      for (std::int64_t t = 0; t < taps; ++t) {
                        T sum = 0;
                        for (std::int64_t p = 0; p < blocks; ++p)
                          sum += partial[p * size + t * out_channels + o];
                        dw[o * taps + t] = sum;
                      }
                  });
}

// ---------------------------------------------------------------- shapes
bool is_supported(const Window& w, DType dtype) {
  return w.groups == 1 && w.dilation[0] == 1 && w.dilation[1] == 1 && dtype <= DType::bfloat16;
}
/// w [O, C, KH, KW] -> [C, O, KH, KW], each filter flipped in both directions.
template <class T> void flip_filters(const Array& shape, const T* w, T* to) {
  const std::int64_t out_channels = shape.shape[0], in_channels = shape.shape[1],
                     size = shape.shape[2] * shape.shape[3];
  for (std::int64_t o = 0; o < out_channels; ++o)
    for (std::int64_t c = 0; c < in_channels; ++c)
      for (std::int64_t k = 0; k < size; ++k)
        to[(c * out_channels + o) * size + k] = w[(o * in_channels + c) * size + size - 1 - k];
}

}  // namespace

bool conv2d(const Array& x, const Array& w, const Array& b, const Window& window, const Array& y) {
  return is_supported(window, y.dtype) && in_real(y.dtype, [&]<class T>(T) {
           if (y.count == 0) return;
           const Input<T> images(x), weight(w), bias(b);
           Output<T> out(y);
           convolve<T>(conv_forward(x.shape, w.shape, y.shape, window), images, weight, bias, out);
           out.finish();
         });
}

bool conv2d_input_grad(const Array& dy, const Array& w, const Window& window, const Array& dx) {
  return is_supported(window, dx.dtype) && in_real(dx.dtype, [&]<class T>(T) {
           if (dx.count == 0) return;
           const Input<T> gradient(dy), weight(w);
           Scratch<T> flipped(w.count);
           flip_filters<T>(w, weight, flipped);
           Output<T> out(dx);
           convolve<T>(conv_input_grad(dy.shape, w.shape, dx.shape, window), gradient, flipped,
                       nullptr, out);
           out.finish();
         });
}

bool conv2d_weight_grad(const Array& dy, const Array& x, const Window& window, const Array& dw) {
  return is_supported(window, dw.dtype) && in_real(dw.dtype, [&]<class T>(T) {
           if (dw.count == 0) return;
           const Input<T> images(x), gradient(dy);
           Output<T> out(dw);
           weight_grad<T>(conv_forward(x.shape, dw.shape, dy.shape, window), images, gradient, out);
           out.finish();
         });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
