// SPDX-License-Identifier: MIT
// Computes convolution, and its derivatives for the image and for the weight, as implicit GEMM: the
// matrices of image patches (im2col) are never written to memory; their elements are read from the
// image when the tiles of the product are loaded (gemm_tile.cuh).
//
//   y  [out_channels, out pixels] = w [out_channels, taps] patches [taps, out pixels]
//       a tap is (input channel, ky, kx), a pixel (image, row, column)
//   dx [in_channels, in pixels]   = wᵀ [in_channels, taps] dy [taps, in pixels]
//       here a tap is (output channel, ky, kx), a pixel one of x
//   dw [out_channels, taps]       = dy [out_channels, out pixels] patches [out pixels, taps]
//       the pixels are split into parts, whose sums are then added in order
//
// Each group is a product of its own. Arithmetic limits the speed: 2 out_channels taps operations
// per pixel.
#include "backends/common/conv_geometry.h"
#include "backends/cuda/conv.h"
#include "backends/cuda/gemm_tile.cuh"
#include "backends/cuda/launch.h"
#include "backends/cuda/matmul.h"
#include "backends/cuda/offset_calculator.h"

namespace tinygrad::cuda {
namespace {

/// ConvGeometry in the 32-bit integers that kernels compute in, with a Divisor for each size that
/// they divide by. Channels are those of one group; in_pixels and out_pixels count those of all
/// images.
struct Geometry {
  int groups, in_channels, out_channels, in_height, in_width, out_height, out_width;
  int stride_y, stride_x, padding_y, padding_x, dilation_y, dilation_x;
  std::int64_t in_pixels, out_pixels;
  Divisor by_kernel_size, by_kernel_width, by_in_plane, by_in_width, by_out_plane, by_out_width,
      by_stride_y, by_stride_x;
  __device__ std::uint32_t kernel_size() const { return by_kernel_size.divisor; }
};
/// Strides of an operand of four dimensions.
struct ImageStrides {
  std::int64_t image, channel, row, column;
};
/// An index of a pixel or of a tap, split into its three coordinates.
struct Position {
  int outer, y, x;
};
__device__ __forceinline__ Position unravel(std::int64_t n, const Divisor& by_plane,
                                            const Divisor& by_width) {
  const std::uint32_t outer = by_plane.quotient(std::uint32_t(n)),
                      rest = std::uint32_t(n) - outer * by_plane.divisor,
                      y = by_width.quotient(rest);
  return {int(outer), int(y), int(rest - y * by_width.divisor)};
}

// ------------------------------------------------------------ operands

/// The patches matrix: the element of x that a tap multiplies at a pixel of y.
template <class S> struct Patches {
  const S* x;
  Geometry g;
  ImageStrides s;

  struct At {
    std::int64_t offset;
    int y, x;
    bool inside;
  };
  __device__ At pixel(std::int64_t n) const {
    const Position p = unravel(n, g.by_out_plane, g.by_out_width);
    return {p.outer * s.image, p.y * g.stride_y - g.padding_y, p.x * g.stride_x - g.padding_x,
            n < g.out_pixels};
  }
  __device__ At tap(std::int64_t n) const {
    const Position p = unravel(n, g.by_kernel_size, g.by_kernel_width);
    return {p.outer * s.channel, p.y * g.dilation_y, p.x * g.dilation_x, p.outer < g.in_channels};
  }
  __device__ Accumulator<S> value(const At& a, const At& b) const {
    const int row = a.y + b.y, column = a.x + b.x;
    const bool inside = a.inside && b.inside && unsigned(row) < unsigned(g.in_height) &&
                        unsigned(column) < unsigned(g.in_width);
    return inside ? load(x + a.offset + b.offset + row * s.row + column * s.column)
                  : Accumulator<S>(0);
  }
};
template <class S> struct PatchesByPixel : Patches<S> {
  static constexpr bool k_major = false;
  using Outer = typename Patches<S>::At;
  __device__ Outer outer(std::int64_t pixel) const { return this->pixel(pixel); }
  __device__ Outer inner(std::int64_t tap) const { return this->tap(tap); }
};
template <class S> struct PatchesByTap : Patches<S> {
  static constexpr bool k_major = true;
  using Outer = typename Patches<S>::At;
  __device__ Outer outer(std::int64_t tap) const { return this->tap(tap); }
  __device__ Outer inner(std::int64_t pixel) const { return this->pixel(pixel); }
};

/// The matrix that wᵀ multiplies for dx: the element of dy that a tap (output channel, ky, kx)
/// connects to a pixel of x, 0 if there is none. In terms of a forward convolution: dy with
/// input_dilation = stride, and flipped filters.
template <class S> struct OutputGradients {
  static constexpr bool k_major = false;
  const S* dy;
  Geometry g;
  ImageStrides s;

  struct Outer {
    std::int64_t offset;
    int y, x;
    bool inside;
  };
  using Inner = Outer;
  __device__ Outer outer(std::int64_t pixel) const {
    const Position p = unravel(pixel, g.by_in_plane, g.by_in_width);
    return {p.outer * s.image, p.y + g.padding_y, p.x + g.padding_x, pixel < g.in_pixels};
  }
  __device__ Inner inner(std::int64_t tap) const {
    const Position p = unravel(tap, g.by_kernel_size, g.by_kernel_width);
    return {p.outer * s.channel, p.y * g.dilation_y, p.x * g.dilation_x, p.outer < g.out_channels};
  }
  __device__ Accumulator<S> value(const Outer& outer, const Inner& inner) const {
    const int y = outer.y - inner.y, x = outer.x - inner.x;  // stride times row and column of dy
    if (!outer.inside || !inner.inside || y < 0 || x < 0) return 0;
    const int row = int(g.by_stride_y.quotient(unsigned(y))),
              column = int(g.by_stride_x.quotient(unsigned(x)));
    const bool inside = row * g.stride_y == y && column * g.stride_x == x && row < g.out_height &&
                        column < g.out_width;
    return inside ? load(dy + outer.offset + inner.offset + row * s.row + column * s.column)
                  : Accumulator<S>(0);
  }
};

/// wᵀ: the weights of an input channel for the taps (output channel, ky, kx), from w [out_channels,
/// in_channels, kh, kw].
template <class S> struct TransposedWeights {
  static constexpr bool k_major = true;
  const S* w;
  Geometry g;

  using Outer = const S*;
  struct Inner {
    std::int64_t offset;
    bool inside;
  };
  __device__ Outer outer(std::int64_t channel) const {
    return channel < g.in_channels ? w + channel * g.kernel_size() : nullptr;
  }
  __device__ Inner inner(std::int64_t tap) const {
    const std::uint32_t out = g.by_kernel_size.quotient(std::uint32_t(tap)),
                        in_kernel = std::uint32_t(tap) - out * g.kernel_size();
    return {std::int64_t(out) * g.in_channels * g.kernel_size() + in_kernel,
            int(out) < g.out_channels};
  }
  __device__ Accumulator<S> value(Outer outer, const Inner& inner) const {
    return outer && inner.inside ? load(outer + inner.offset) : Accumulator<S>(0);
  }
};

/// dy as [out_channels, out pixels].
template <class S> struct OutputGradientRows {
  static constexpr bool k_major = true;
  const S* dy;
  Geometry g;
  ImageStrides s;

  using Outer = const S*;
  struct Inner {
    std::int64_t offset;
    bool inside;
  };
  __device__ Outer outer(std::int64_t out) const {
    return out < g.out_channels ? dy + out * s.channel : nullptr;
  }
  __device__ Inner inner(std::int64_t pixel) const {
    const Position p = unravel(pixel, g.by_out_plane, g.by_out_width);
    return {p.outer * s.image + p.y * s.row + p.x * s.column, pixel < g.out_pixels};
  }
  __device__ Accumulator<S> value(Outer outer, const Inner& inner) const {
    return outer && inner.inside ? load(outer + inner.offset) : Accumulator<S>(0);
  }
};

// ------------------------------------------------------------ epilogues

/// Stores channels (rows of the product) and pixels (its columns) to images, with a bias per
/// channel.
template <class S> struct ImageEpilogue {
  S* to;
  ImageStrides s;
  Divisor by_plane, by_width;
  std::int64_t pixels;
  int channels;
  const S* bias;
  std::int64_t bias_stride;

  __device__ S* column(std::int64_t pixel) const {
    const Position p = unravel(pixel, by_plane, by_width);
    return pixel < pixels ? to + p.outer * s.image + p.y * s.row + p.x * s.column : nullptr;
  }
  __device__ void operator()(S* pixel, std::int64_t channel, Accumulator<S> sum) const {
    if (pixel && channel < channels)
      store(pixel + channel * s.channel, bias ? sum + load(bias + channel * bias_stride) : sum);
  }
};
/// Stores partial sums as dense rows.
template <class T> struct PartialEpilogue {
  T* to;
  std::int64_t rows, columns;
  __device__ std::int64_t column(std::int64_t j) const { return j; }
  __device__ void operator()(std::int64_t j, std::int64_t i, T sum) const {
    if (i < rows && j < columns) to[i * columns + j] = sum;
  }
};

// ------------------------------------------------------------ kernels
//
// Grid: x has the tiles, column after column of them; y the groups; z the parts of the pixels.

/// A TileOrigin is the position at which this block's tile begins in the product.
template <class Tile> struct TileOrigin {
  std::int64_t row, column;
  __device__ explicit TileOrigin(int rows) {
    const unsigned tiles = ceil_div(unsigned(rows), unsigned(Tile::tile_m));
    row = std::int64_t(blockIdx.x % tiles) * Tile::tile_m,
    column = std::int64_t(blockIdx.x / tiles) * Tile::tile_n;
  }
};

template <class S, class Tile>
__global__ void __launch_bounds__(Tile::threads, 2)
    convolve(const S* __restrict__ x, const S* __restrict__ w, const S* __restrict__ bias,
             std::int64_t bias_stride, S* __restrict__ y, Geometry g, ImageStrides x_strides,
             ImageStrides y_strides) {
  const TileOrigin<Tile> tile(g.out_channels);
  const std::int64_t group = blockIdx.y, first_out_channel = group * g.out_channels,
                     taps = std::int64_t(g.in_channels) * g.kernel_size();
  const Matrix<S, true> weights{w + first_out_channel * taps, g.out_channels, taps, taps, 1};
  const PatchesByPixel<S> patches{{x + group * g.in_channels * x_strides.channel, g, x_strides}};
  const ImageEpilogue<S> images{y + first_out_channel * y_strides.channel,
                                y_strides,
                                g.by_out_plane,
                                g.by_out_width,
                                g.out_pixels,
                                g.out_channels,
                                bias ? bias + first_out_channel * bias_stride : bias,
                                bias_stride};
  multiply_tile<Tile>(weights, patches, images, tile.row, tile.column, 0, taps);
}

template <class S, class Tile>
__global__ void __launch_bounds__(Tile::threads, 2)
    convolve_input_grad(const S* __restrict__ dy, const S* __restrict__ w, S* __restrict__ dx,
                        Geometry g, ImageStrides dy_strides, ImageStrides dx_strides) {
  const TileOrigin<Tile> tile(g.in_channels);
  const std::int64_t group = blockIdx.y, first_out_channel = group * g.out_channels,
                     taps = std::int64_t(g.out_channels) * g.kernel_size();
  const TransposedWeights<S> weights{w + first_out_channel * g.in_channels * g.kernel_size(), g};
  const OutputGradients<S> gradients{dy + first_out_channel * dy_strides.channel, g, dy_strides};
  const ImageEpilogue<S> images{dx + group * g.in_channels * dx_strides.channel,
                                dx_strides,
                                g.by_in_plane,
                                g.by_in_width,
                                g.in_pixels,
                                g.in_channels,
                                nullptr,
                                0};
  multiply_tile<Tile>(weights, gradients, images, tile.row, tile.column, 0, taps);
}

/// partials [parts, groups, out_channels, taps]: sums over pixels_each pixels. That must be a
/// multiple of tile_k, so that no part reads a pixel of the next.
template <class S, class Tile>
__global__ void __launch_bounds__(Tile::threads, 2)
    convolve_weight_grad(const S* __restrict__ dy, const S* __restrict__ x,
                         Accumulator<S>* __restrict__ partials, Geometry g, ImageStrides dy_strides,
                         ImageStrides x_strides, std::int64_t pixels_each) {
  const TileOrigin<Tile> tile(g.out_channels);
  const std::int64_t group = blockIdx.y, taps = std::int64_t(g.in_channels) * g.kernel_size(),
                     first = blockIdx.z * pixels_each;
  const OutputGradientRows<S> rows{dy + group * g.out_channels * dy_strides.channel, g, dy_strides};
  const PatchesByTap<S> patches{{x + group * g.in_channels * x_strides.channel, g, x_strides}};
  const PartialEpilogue<Accumulator<S>> to{
      partials + (blockIdx.z * std::int64_t(g.groups) + group) * g.out_channels * taps,
      g.out_channels, taps};
  multiply_tile<Tile>(rows, patches, to, tile.row, tile.column, first,
                      first + pixels_each < g.out_pixels ? first + pixels_each : g.out_pixels);
}

/// dw = the sum of the partial sums, in order. Bytes: reads them once.
template <class S>
__global__ void __launch_bounds__(256)
    add_partials(const Accumulator<S>* __restrict__ partials, S* __restrict__ dw, int count,
                 std::int64_t size, Divisor by_filter, Divisor by_kernel_size,
                 Divisor by_kernel_width, ImageStrides dw_strides) {
  const std::int64_t i = std::int64_t(blockIdx.x) * 256 + threadIdx.x;
  if (i >= size) return;
  CompensatedSum<Accumulator<S>> sum;
  for (int part = 0; part < count; ++part) sum += partials[part * size + i];
  const std::uint32_t out = by_filter.quotient(std::uint32_t(i)),
                      tap = std::uint32_t(i) - out * by_filter.divisor;
  const Position p = unravel(tap, by_kernel_size, by_kernel_width);
  store(dw + out * dw_strides.image + p.outer * dw_strides.channel + p.y * dw_strides.row +
            p.x * dw_strides.column,
        sum.total);
}

// ------------------------------------------------------------ calls

constexpr std::int64_t max_count = (std::int64_t(1) << 31) - 4096;  // that a Divisor divides

ImageStrides image_strides(const View& v) {
  return {v.stride(0), v.stride(1), v.stride(2), v.stride(3)};
}

/// x [N, C, H, W], w [O, C / groups, kh, kw], y [N, O, h, w].
Geometry geometry_of(const View& x, const Shape& w, const Window& window, const View& y) {
  const ConvGeometry c = conv_forward(x.shape().begin(), w.begin(), y.shape().begin(), window);
  Geometry g = {};
  g.groups = int(c.groups);
  g.in_channels = int(c.in_channels / c.groups), g.out_channels = int(c.out_channels / c.groups);
  g.in_height = int(c.in_height), g.in_width = int(c.in_width);
  g.out_height = int(c.out_height), g.out_width = int(c.out_width);
  g.stride_y = int(c.stride_y), g.stride_x = int(c.stride_x);
  g.padding_y = int(c.padding_y), g.padding_x = int(c.padding_x);
  g.dilation_y = int(c.dilation_y), g.dilation_x = int(c.dilation_x);
  g.in_pixels = c.batch * c.in_pixels(), g.out_pixels = c.batch * c.out_pixels();
  g.by_kernel_size = Divisor(c.kernel_size()), g.by_kernel_width = Divisor(c.kernel_width);
  g.by_in_plane = Divisor(c.in_pixels()), g.by_in_width = Divisor(c.in_width);
  g.by_out_plane = Divisor(c.out_pixels()), g.by_out_width = Divisor(c.out_width);
  g.by_stride_y = Divisor(c.stride_y), g.by_stride_x = Divisor(c.stride_x);
  return g;
}

/// Returns whether 32-bit integers are enough for the kernels' arithmetic.
bool fits_kernels(const View& x, const Shape& w, const Window& window, const View& y) {
  const std::int64_t taps = std::max(w[0], w[1]) * w[2] * w[3];
  const std::int64_t end_y = x.size(2) + window.padding[0] + (w[2] - 1) * window.dilation[0] +
                             y.size(2) * window.stride[0];
  const std::int64_t end_x = x.size(3) + window.padding[1] + (w[3] - 1) * window.dilation[1] +
                             y.size(3) * window.stride[1];
  const std::int64_t planes = std::max(x.size(2) * x.size(3), y.size(2) * y.size(3));
  return taps < max_count && w.count() < max_count && end_y < max_count && end_x < max_count &&
         planes < max_count && window.groups <= 65535;
}
/// Calls f(x, y) for as many images at a time as the kernels can count.
template <class F> void for_each_batch(const View& x, const View& y, const F& f) {
  const std::int64_t planes =
                         std::max({x.size(2) * x.size(3), y.size(2) * y.size(3), std::int64_t(1)}),
                     per_call = max_count / planes;
  for (std::int64_t first = 0; first < x.size(0); first += per_call) {
    const std::int64_t images = std::min(per_call, x.size(0) - first);
    f(x.narrow(0, first, images), y.narrow(0, first, images));
  }
}

template <class Tile> unsigned tiles_of(std::int64_t rows, std::int64_t columns) {
  return unsigned(ceil_div(rows, Tile::tile_m) * ceil_div(columns, Tile::tile_n));
}
/// Calls f with a value of the stored type and one of the tile that suits a product of `rows` rows.
template <class F> void dispatch_tile(DType dtype, std::int64_t rows, const F& f) {
  visit_arithmetic(dtype, [&](auto zero) {
    using S = decltype(zero);
    if constexpr (!std::is_integral_v<S>)
      rows > FlatTile<S>::tile_m ? f(zero, LargeTile<S>()) : f(zero, FlatTile<S>());
  });
}

}  // namespace

bool conv2d_implicit_gemm(Runtime& runtime, const View& x, const View& w, const View& b,
                          const Window& window, const View& y) {
  if (!fits_kernels(x, w.shape(), window, y)) return false;
  const Input weights(runtime, w);
  for_each_batch(x, y, [&](const View& x, const View& y) {
    const Geometry g = geometry_of(x, w.shape(), window, y);
    dispatch_tile(y.dtype(), g.out_channels, [&]<class S, class Tile>(S, Tile) {
      launch(runtime, "convolve",
             dim3(tiles_of<Tile>(g.out_channels, g.out_pixels), unsigned(g.groups)), Tile::threads,
             convolve<S, Tile>, begin_of<S>(x), begin_of<S>(weights.view()), begin_of<S>(b),
             b ? b.stride(0) : 0, begin_of<S>(y), g, image_strides(x), image_strides(y));
    });
  });
  return true;
}

bool conv2d_input_grad_implicit_gemm(Runtime& runtime, const View& dy, const View& w,
                                     const Window& window, const View& dx) {
  if (!fits_kernels(dx, w.shape(), window, dy)) return false;
  const Input weights(runtime, w);
  for_each_batch(dx, dy, [&](const View& dx, const View& dy) {
    const Geometry g = geometry_of(dx, w.shape(), window, dy);
    dispatch_tile(dx.dtype(), g.in_channels, [&]<class S, class Tile>(S, Tile) {
      launch(runtime, "convolve_input_grad",
             dim3(tiles_of<Tile>(g.in_channels, g.in_pixels), unsigned(g.groups)), Tile::threads,
             convolve_input_grad<S, Tile>, begin_of<S>(dy), begin_of<S>(weights.view()),
             begin_of<S>(dx), g, image_strides(dy), image_strides(dx));
    });
  });
  return true;
}

bool conv2d_weight_grad_implicit_gemm(Runtime& runtime, const View& dy, const View& x,
                                      const Window& window, const View& dw) {
  const Geometry g = geometry_of(x, dw.shape(), window, dy);
  if (!fits_kernels(x, dw.shape(), window, dy) || g.out_pixels >= max_count) return false;
  const std::int64_t taps = dw.count() / dw.size(0);
  dispatch_tile(dw.dtype(), g.out_channels, [&]<class S, class Tile>(S, Tile) {
    // Enough parts to fill a large GPU, and to keep the sums so short that their error does not
    // grow, but at least 256 pixels per part.
    const std::int64_t tiles = tiles_of<Tile>(g.out_channels, taps) * std::int64_t(g.groups),
                       wanted = std::max(ceil_div(512, tiles), g.out_pixels / 8192);
    const std::int64_t max_parts = std::clamp<std::int64_t>(g.out_pixels / 256, 1, 65535);
    const std::int64_t pixels_each = ceil_div(ceil_div(g.out_pixels, std::min(wanted, max_parts)),
                                              Tile::tile_k) *
                                     Tile::tile_k,
                       count = ceil_div(g.out_pixels, pixels_each);
    const Scratch partials(runtime, count * dw.count() * std::int64_t(sizeof(Accumulator<S>)));
    launch(runtime, "convolve_weight_grad",
           dim3(tiles_of<Tile>(g.out_channels, taps), unsigned(g.groups), unsigned(count)),
           Tile::threads, convolve_weight_grad<S, Tile>, begin_of<S>(dy), begin_of<S>(x),
           partials.as<Accumulator<S>>(), g, image_strides(dy), image_strides(x), pixels_each);
    launch(runtime, "add_partials", unsigned(ceil_div(dw.count(), 256)), 256, add_partials<S>,
           partials.as<Accumulator<S>>(), begin_of<S>(dw), int(count), dw.count(), Divisor(taps),
           g.by_kernel_size, g.by_kernel_width, image_strides(dw));
  });
  return true;
}

}  // namespace tinygrad::cuda
