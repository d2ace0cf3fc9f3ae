// Convolution, its derivative for the image and its derivative for the weight: direct, without
// groups and dilation.
//
// With the image copied into a frame of zeros, the numbers that one tap of the filter (c, ky, kx)
// multiplies for a row of outputs lie one after the other: one offset a tap. So for stride 1 the
// product w [O, taps] x columns [taps, pixels] needs no columns: its right side is the frame
// itself, read at the taps' offsets. Other strides, and rows that would fill a vector badly, do
// make columns.
//
// The image's derivative is the same convolution: dy, spread out by the stride, in a frame, with
// the filter turned around. The weight's is a product of taps x channels over all pixels, with dy
// turned so that channels are adjacent; its sums over the images are cut into a number of blocks
// that depends on shapes alone.
#include "backends/cpu/gemm.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

constexpr int conv_rows = 8;  // output channels (or taps) of a tile

struct Plane {
  std::int64_t height, width;
  std::int64_t count() const { return height * width; }
};

/// A convolution of images [channels, image] in a frame to [out_channels, out], all of stride
/// `stride` over the frame.
struct Conv {
  std::int64_t channels, out_channels;
  int kh, kw, stride_y, stride_x;
  Plane image, frame, out;
  std::int64_t top, left;          // where the image begins in the frame; may be negative
  int spread_y = 1, spread_x = 1;  // the distance of its pixels there
  std::int64_t taps() const { return channels * kh * kw; }
  std::int64_t tap_offset(std::int64_t t) const {
    return t / (kh * kw) * frame.count() + t / kw % kh * frame.width + t % kw;
  }
};

/// The pixels of 0 ... n - 1 that fall inside a frame of `size` where pixel i lies at first + i *
/// spread.
struct Span {
  std::int64_t begin, end;
  Span(std::int64_t n, std::int64_t first, std::int64_t spread, std::int64_t size)
      : begin(first >= 0 ? 0 : ceil_div(-first, spread)),
        end(min(n, first >= size ? 0 : ceil_div(size - first, spread))) {}
};

/// Copies one image into its frame of zeros.
template <class T> void put_in_frame(const Conv& c, const T* image, T* frame) {
  std::memset(frame, 0, std::size_t(c.channels * c.frame.count()) * sizeof(T));
  const Span rows(c.image.height, c.top, c.spread_y, c.frame.height),
      columns(c.image.width, c.left, c.spread_x, c.frame.width);
  if (columns.begin >= columns.end) return;
  for (std::int64_t channel = 0; channel < c.channels; ++channel)
    for (std::int64_t y = rows.begin; y < rows.end; ++y) {
      const T* from = image + (channel * c.image.height + y) * c.image.width;
      T* to = frame + channel * c.frame.count() + (c.top + y * c.spread_y) * c.frame.width + c.left;
      if (c.spread_x == 1)
        std::memcpy(to + columns.begin, from + columns.begin,
                    std::size_t(columns.end - columns.begin) * sizeof(T));
      else
        for (std::int64_t x = columns.begin; x < columns.end; ++x) to[x * c.spread_x] = from[x];
    }
}

/// What the product's right side looks like: tap t's number for pixel (y, x) is at offset[t] + y
/// row + x.
struct Right {
  std::int64_t rows, columns, row;
};

/// Whether rows of outputs fill vectors well enough to read the frame itself.
template <class T> bool reads_frame(const Conv& c) {
  const std::int64_t by_row = c.out.height * round_up(c.out.width, lanes<T>),
                     flat = round_up(c.out.count(), lanes<T>);
  return c.stride_y == 1 && c.stride_x == 1 && by_row * 2 <= flat * 3;
}

/// columns [taps, pixels]: all that each tap multiplies.
template <class T> void make_columns(const Conv& c, const T* frame, std::int64_t row, T* columns) {
  for (std::int64_t t = 0; t < c.taps(); ++t) {
    const T* from = frame + c.tap_offset(t);
    T* to = columns + t * row;
    for (std::int64_t y = 0; y < c.out.height; ++y)
      for (std::int64_t x = 0; x < c.out.width; ++x)
        *to++ = from[y * c.stride_y * c.frame.width + x * c.stride_x];
  }
}

/// A tile: `rows` output channels, and one or two vectors of pixels. w: for each tap conv_rows
/// numbers.
template <class T> struct PixelTile {
  const T* right[2];
  T* to[2];
  std::int64_t count[2], channel;  // pixels of each vector; from one output channel to the next
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
      write(Vec<T>(sums.at[i][v]) + Vec<T>(bias[i]), tile.to[v] + i * tile.channel, 1,
            tile.count[v], false);
}
template <class T, int vectors, int rows = conv_rows> auto conv_tile_of(std::int64_t n) {
  if constexpr (rows > 1) {
    if (n < rows) return conv_tile_of<T, vectors, rows - 1>(n);
  }
  return conv_tile<T, rows, vectors>;
}

/// w [O, taps] in groups of conv_rows output channels: to[group][tap][channel].
template <class T> void pack_weight(std::int64_t outs, std::int64_t taps, const T* w, T* to) {
  for (std::int64_t o = 0; o < outs; ++o)
    for (std::int64_t t = 0; t < taps; ++t)
      to[(o / conv_rows * taps + t) * conv_rows + o % conv_rows] = w[o * taps + t];
}

/// All output channels for the pixels of one image. w packed; bias [O].
template <class T>
void conv_image(const Conv& c, const Right& r, const T* right, const std::int64_t* offset,
                const T* w, const T* bias, T* y) {
  const std::int64_t in_row = ceil_div(r.columns, lanes<T>), slots = r.rows * in_row;
  const auto fill = [&](std::int64_t slot, std::int64_t channel, int v, PixelTile<T>& tile) {
    const std::int64_t row = slot / in_row, x = slot % in_row * lanes<T>;
    tile.right[v] = right + row * r.row + x;
    tile.to[v] = y + channel * c.out.count() + row * r.columns + x;
    tile.count[v] = min<std::int64_t>(lanes<T>, r.columns - x);
  };
  for (std::int64_t o = 0; o < c.out_channels; o += conv_rows) {
    const std::int64_t rows = min<std::int64_t>(conv_rows, c.out_channels - o);
    const auto two = conv_tile_of<T, 2>(rows), one = conv_tile_of<T, 1>(rows);
    PixelTile<T> tile;
    tile.channel = c.out.count();
    for (std::int64_t slot = 0; slot < slots; slot += 2) {
      fill(slot, o, 0, tile);
      if (slot + 1 < slots) fill(slot + 1, o, 1, tile);
      (slot + 1 < slots ? two : one)(c.taps(), w + o * c.taps(), offset, bias + o, tile);
    }
  }
}

/// y [N, O, out] = images [N, C, image] with weight w [O, taps] and bias [O] or null.
template <class T>
void convolve(const Conv& c, std::int64_t images, const T* x, const T* w, const T* bias, T* y) {
  const std::int64_t outs = round_up(c.out_channels, conv_rows),
                     slack = 2 * lanes<T>;  // vectors read beyond the last row's end
  Scratch<T> packed(outs * c.taps()), biases(outs);
  pack_weight(c.out_channels, c.taps(), w, (T*)packed);
  for (std::int64_t o = 0; o < outs; ++o) biases[o] = bias && o < c.out_channels ? bias[o] : T(0);
  const bool direct = reads_frame<T>(c);
  const Right r = direct ? Right{c.out.height, c.out.width, c.frame.width}
                         : Right{1, c.out.count(), c.out.count()};
  Scratch<std::int64_t> offset(c.taps());
  for (std::int64_t t = 0; t < c.taps(); ++t) offset[t] = direct ? c.tap_offset(t) : t * r.row;
  parallel(images, [&](std::int64_t n) {
    const std::int64_t framed = c.channels * c.frame.count();
    Scratch<T> frame(framed + slack), columns(direct ? 0 : c.taps() * r.row + slack);
    put_in_frame(c, x + n * c.channels * c.image.count(), (T*)frame);
    std::memset(frame + framed, 0, std::size_t(slack) * sizeof(T));
    if (!direct) {
      make_columns(c, (const T*)frame, r.row, (T*)columns);
      std::memset(columns + c.taps() * r.row, 0, std::size_t(slack) * sizeof(T));
    }
    conv_image(c, r, (const T*)(direct ? frame : columns), (const std::int64_t*)offset,
               (const T*)packed, (const T*)biases, y + n * c.out_channels * c.out.count());
  });
}

// ---------------------------------------------------------------- the weight's derivative
/// Adds to sums [rows taps][O]: for each pixel, the tap's number times the vectors of dy
/// [pixels][O]. row: each tap's first number.
template <class T, int rows, int vectors>
void weight_tile(const Conv& c, const T* const* row, const T* dy, std::int64_t dy_row, T* to,
                 std::int64_t to_row) {
  Sums<T, rows, vectors> sums;
  for (std::int64_t y = 0; y < c.out.height; ++y)
    for (std::int64_t x = 0, at = y * c.stride_y * c.frame.width; x < c.out.width;
         ++x, at += c.stride_x, dy += dy_row) {
      const T* right[vectors];
      for (int v = 0; v < vectors; ++v) right[v] = dy + v * lanes<T>;
      sums.step([&](int i) { return row[i] + at; }, right);
    }
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
    for (int v = 0; v < vectors; ++v)
      write(Vec<T>(sums.at[i][v]), to + i * to_row + v * lanes<T>, 1, lanes<T>, true);
}
template <class T, int vectors, int rows = conv_rows> auto weight_tile_of(std::int64_t n) {
  if constexpr (rows > 1) {
    if (n < rows) return weight_tile_of<T, vectors, rows - 1>(n);
  }
  return weight_tile<T, rows, vectors>;
}

/// Adds one image's part to sums [taps][outs]. frame: the image; turned: dy as [pixels][outs].
template <class T>
void add_weight_grad(const Conv& c, const T* frame, const T* turned, std::int64_t outs, T* sums) {
  const std::int64_t group = even_piece(c.taps(), conv_rows);
  for (std::int64_t t = 0; t < c.taps(); t += group) {
    const std::int64_t rows = min(group, c.taps() - t);
    const T* row[conv_rows];
    for (std::int64_t i = 0; i < rows; ++i) row[i] = frame + c.tap_offset(t + i);
    const auto two = weight_tile_of<T, 2>(rows), one = weight_tile_of<T, 1>(rows);
    for (std::int64_t o = 0; o < outs; o += 2 * lanes<T>)
      (o + lanes<T> < outs ? two : one)(c, row, turned + o, outs, sums + t * outs + o, outs);
  }
}

template <class T>
void weight_grad(const Conv& c, std::int64_t images, const T* x, const T* dy, T* dw) {
  const std::int64_t outs = round_up(c.out_channels, lanes<T>), size = c.taps() * outs,
                     pixels = c.out.count();
  const std::int64_t blocks =
      max<std::int64_t>(1, min<std::int64_t>(images, size < 1 << 20 ? 8 : 2));
  Scratch<T> partial(blocks * size);
  parallel(blocks, [&](std::int64_t p) {
    Scratch<T> frame(c.channels * c.frame.count()), turned(pixels * outs);
    T* sums = partial + p * size;
    std::memset(sums, 0, std::size_t(size) * sizeof(T));
    std::memset((T*)turned, 0, std::size_t(pixels * outs) * sizeof(T));
    for (std::int64_t n = images * p / blocks; n < images * (p + 1) / blocks; ++n) {
      put_in_frame(c, x + n * c.channels * c.image.count(), (T*)frame);
      transpose(dy + n * c.out_channels * pixels, pixels, c.out_channels, pixels, (T*)turned, outs);
      add_weight_grad(c, (const T*)frame, (const T*)turned, outs, sums);
    }
  });
  parallel_ranges(c.out_channels, max<std::int64_t>(1, (1 << 14) / (c.taps() * blocks)),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t o = begin; o < end; ++o)
                      for (std::int64_t t = 0; t < c.taps(); ++t) {
                        T sum = 0;
                        for (std::int64_t p = 0; p < blocks; ++p)
                          sum += partial[p * size + t * outs + o];
                        dw[o * c.taps() + t] = sum;
                      }
                  });
}

// ---------------------------------------------------------------- shapes
bool served(const Window& w, DType dtype) {
  return w.groups == 1 && w.dilation[0] == 1 && w.dilation[1] == 1 && dtype <= DType::bfloat16;
}
Plane plane(const Array& x) { return {x.shape[2], x.shape[3]}; }

/// The forward convolution of x [N, C, H, W] to y [N, O, h, w].
Conv forward(const Array& x, std::int64_t kh, std::int64_t kw, const Window& w, const Array& y) {
  Conv c = {x.shape[1], y.shape[1], int(kh),  int(kw),      w.stride[0], w.stride[1],
            plane(x),   {},         plane(y), w.padding[0], w.padding[1]};
  c.frame = {c.image.height + 2 * c.top, c.image.width + 2 * c.left};
  return c;
}
/// dx as a convolution of dy, with the filter turned around.
Conv backward(const Array& dy, const Array& w, const Window& window, const Array& dx) {
  Conv c = {dy.shape[1],
            dx.shape[1],
            int(w.shape[2]),
            int(w.shape[3]),
            1,
            1,
            plane(dy),
            {},
            plane(dx),
            0,
            0};
  c.top = c.kh - 1 - window.padding[0], c.left = c.kw - 1 - window.padding[1];
  c.spread_y = window.stride[0], c.spread_x = window.stride[1];
  c.frame = {c.out.height + c.kh - 1, c.out.width + c.kw - 1};
  return c;
}
/// w [O, C, kh, kw] -> [C, O, kh, kw], each filter turned around.
template <class T> void turn_filters(const Array& shape, const T* w, T* to) {
  const std::int64_t outs = shape.shape[0], channels = shape.shape[1],
                     size = shape.shape[2] * shape.shape[3];
  for (std::int64_t o = 0; o < outs; ++o)
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t k = 0; k < size; ++k)
        to[(c * outs + o) * size + k] = w[(o * channels + c) * size + size - 1 - k];
}

}  // namespace

bool conv2d(const Array& x, const Array& w, const Array& b, const Window& window, const Array& y) {
  return served(window, y.dtype) && in_real(y.dtype, [&]<class T>(T) {
           if (y.count == 0) return;
           const Input<T> image(x), weight(w), bias(b);
           Output<T> out(y);
           convolve<T>(forward(x, w.shape[2], w.shape[3], window, y), x.shape[0], image, weight,
                       bias, out);
           out.finish();
         });
}

bool conv2d_input_grad(const Array& dy, const Array& w, const Window& window, const Array& dx) {
  return served(window, dx.dtype) && in_real(dx.dtype, [&]<class T>(T) {
           if (dx.count == 0) return;
           const Input<T> image(dy), weight(w);
           Scratch<T> turned(w.count);
           turn_filters<T>(w, weight, turned);
           Output<T> out(dx);
           convolve<T>(backward(dy, w, window, dx), dy.shape[0], image, turned, nullptr, out);
           out.finish();
         });
}

bool conv2d_weight_grad(const Array& dy, const Array& x, const Window& window, const Array& dw) {
  return served(window, dw.dtype) && in_real(dw.dtype, [&]<class T>(T) {
           if (dw.count == 0) return;
           const Input<T> images(x), gradient(dy);
           Output<T> out(dw);
           weight_grad<T>(forward(x, dw.shape[2], dw.shape[3], window, dy), x.shape[0], images,
                          gradient, out);
           out.finish();
         });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
