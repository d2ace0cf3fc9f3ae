// Convolution, and its derivatives for the image and for the weight, as products of matrices that
// nobody writes down (tile.cuh): the numbers of the image are looked up as the tiles are taken.
//
//   y [outs, pixels]         = w [outs, taps] x [taps, pixels]         a tap is (channel, ky, kx),
//   a pixel (image, row, column) dx [channels, pixels]    = wᵀ [channels, taps] dy [taps, pixels]
//   here a tap is (output channel, ky, kx), a pixel one of x dw [outs, taps]          = dy [outs,
//   pixels] x [pixels, taps]      pixels in parts, which are then added in order
//
// Each group is a product of its own. What limits them is arithmetic: 2 outs taps operations a
// pixel.
#include "backends/cuda/conv.h"
#include "backends/cuda/launch.h"
#include "backends/cuda/matmul.h"
#include "backends/cuda/offset_calculator.h"
#include "backends/cuda/tile.cuh"

namespace tinygrad::cuda {
namespace {

/// Sizes; channels and outs are those of a group.
struct Geometry {
  int groups, channels, outs, height, width, out_height, out_width, stride_y, stride_x, top, left,
      dilation_y, dilation_x;
  std::int64_t pixels, out_pixels;  // of all images
  Divisor kernel, kernel_width, plane, row, out_plane, out_row, strides_y, strides_x;
};
/// From one image, channel, row and column to the next.
struct Steps {
  std::int64_t image, channel, row, column;
};
/// A number taken apart.
struct Place {
  int outer, y, x;
};
__device__ __forceinline__ Place place_of(std::int64_t n, const Divisor& plane,
                                          const Divisor& row) {
  const std::uint32_t outer = plane.quotient(std::uint32_t(n)),
                      rest = std::uint32_t(n) - outer * plane.divisor, y = row.quotient(rest);
  return {int(outer), int(y), int(rest - y * row.divisor)};
}

// ------------------------------------------------------------ sources

/// What a tap multiplies at a pixel of y.
template <class S> struct Patches {
  const S* x;
  Geometry g;
  Steps s;

  struct At {
    std::int64_t offset;
    int y, x;
    bool inside;
  };
  __device__ At pixel(std::int64_t n) const {
    const Place p = place_of(n, g.out_plane, g.out_row);
    return {p.outer * s.image, p.y * g.stride_y - g.top, p.x * g.stride_x - g.left,
            n < g.out_pixels};
  }
  __device__ At tap(std::int64_t n) const {
    const Place p = place_of(n, g.kernel, g.kernel_width);
    return {p.outer * s.channel, p.y * g.dilation_y, p.x * g.dilation_x, p.outer < g.channels};
  }
  __device__ Accumulator<S> value(const At& a, const At& b) const {
    const int row = a.y + b.y, column = a.x + b.x;
    const bool inside = a.inside && b.inside && unsigned(row) < unsigned(g.height) &&
                        unsigned(column) < unsigned(g.width);
    return inside ? load(x + a.offset + b.offset + row * s.row + column * s.column)
                  : Accumulator<S>(0);
  }
};
template <class S> struct PatchesOfPixels : Patches<S> {
  static constexpr bool along_k = false;
  using Line = typename Patches<S>::At;
  __device__ Line line(std::int64_t pixel) const { return this->pixel(pixel); }
  __device__ Line step(std::int64_t tap) const { return this->tap(tap); }
};
template <class S> struct PatchesOfTaps : Patches<S> {
  static constexpr bool along_k = true;
  using Line = typename Patches<S>::At;
  __device__ Line line(std::int64_t tap) const { return this->tap(tap); }
  __device__ Line step(std::int64_t pixel) const { return this->pixel(pixel); }
};

/// dy's number that a tap (output channel, ky, kx) brings to a pixel of x, 0 where none does.
template <class S> struct Senders {
  static constexpr bool along_k = false;
  const S* dy;
  Geometry g;
  Steps s;

  struct Line {
    std::int64_t offset;
    int y, x;
    bool inside;
  };
  using Step = Line;
  __device__ Line line(std::int64_t pixel) const {
    const Place p = place_of(pixel, g.plane, g.row);
    return {p.outer * s.image, p.y + g.top, p.x + g.left, pixel < g.pixels};
  }
  __device__ Step step(std::int64_t tap) const {
    const Place p = place_of(tap, g.kernel, g.kernel_width);
    return {p.outer * s.channel, p.y * g.dilation_y, p.x * g.dilation_x, p.outer < g.outs};
  }
  __device__ Accumulator<S> value(const Line& line, const Step& step) const {
    const int y = line.y - step.y, x = line.x - step.x;  // in steps of the stride
    if (!line.inside || !step.inside || y < 0 || x < 0) return 0;
    const int row = int(g.strides_y.quotient(unsigned(y))),
              column = int(g.strides_x.quotient(unsigned(x)));
    const bool inside = row * g.stride_y == y && column * g.stride_x == x && row < g.out_height &&
                        column < g.out_width;
    return inside ? load(dy + line.offset + step.offset + row * s.row + column * s.column)
                  : Accumulator<S>(0);
  }
};

/// wᵀ: a channel's weights for taps (output channel, ky, kx), from w [outs, channels, kh, kw].
template <class S> struct TurnedWeights {
  static constexpr bool along_k = true;
  const S* w;
  Geometry g;

  using Line = const S*;
  struct Step {
    std::int64_t offset;
    bool inside;
  };
  __device__ Line line(std::int64_t channel) const {
    return channel < g.channels ? w + channel * g.kernel.divisor : nullptr;
  }
  __device__ Step step(std::int64_t tap) const {
    const std::uint32_t out = g.kernel.quotient(std::uint32_t(tap)),
                        place = std::uint32_t(tap) - out * g.kernel.divisor;
    return {std::int64_t(out) * g.channels * g.kernel.divisor + place, int(out) < g.outs};
  }
  __device__ Accumulator<S> value(Line line, const Step& step) const {
    return line && step.inside ? load(line + step.offset) : Accumulator<S>(0);
  }
};

/// dy's rows: an output channel's numbers at all pixels.
template <class S> struct Rows {
  static constexpr bool along_k = true;
  const S* dy;
  Geometry g;
  Steps s;

  using Line = const S*;
  struct Step {
    std::int64_t offset;
    bool inside;
  };
  __device__ Line line(std::int64_t out) const {
    return out < g.outs ? dy + out * s.channel : nullptr;
  }
  __device__ Step step(std::int64_t pixel) const {
    const Place p = place_of(pixel, g.out_plane, g.out_row);
    return {p.outer * s.image + p.y * s.row + p.x * s.column, pixel < g.out_pixels};
  }
  __device__ Accumulator<S> value(Line line, const Step& step) const {
    return line && step.inside ? load(line + step.offset) : Accumulator<S>(0);
  }
};

// ------------------------------------------------------------ results

/// Images: rows are channels, columns pixels.
template <class S> struct Images {
  S* to;
  Steps s;
  Divisor plane, row;
  std::int64_t pixels;
  int channels;
  const S* bias;
  std::int64_t bias_step;

  __device__ S* column(std::int64_t pixel) const {
    const Place p = place_of(pixel, plane, row);
    return pixel < pixels ? to + p.outer * s.image + p.y * s.row + p.x * s.column : nullptr;
  }
  __device__ void operator()(S* pixel, std::int64_t channel, Accumulator<S> sum) const {
    if (pixel && channel < channels)
      store(pixel + channel * s.channel, bias ? sum + load(bias + channel * bias_step) : sum);
  }
};
/// Dense rows of sums.
template <class T> struct Parts {
  T* to;
  std::int64_t rows, columns;
  __device__ std::int64_t column(std::int64_t j) const { return j; }
  __device__ void operator()(std::int64_t j, std::int64_t i, T sum) const {
    if (i < rows && j < columns) to[i * columns + j] = sum;
  }
};

// ------------------------------------------------------------ kernels: blocks are tiles, rows of
// tiles first; groups; parts of the pixels

template <class Tile> struct TilePlace {
  std::int64_t row, column;
  __device__ explicit TilePlace(int rows) {
    const unsigned tiles = ceil_div(unsigned(rows), unsigned(Tile::tile_m));
    row = std::int64_t(blockIdx.x % tiles) * Tile::tile_m,
    column = std::int64_t(blockIdx.x / tiles) * Tile::tile_n;
  }
};

template <class S, class Tile>
__global__ void __launch_bounds__(Tile::threads, 2)
    convolve(const S* __restrict__ x, const S* __restrict__ w, const S* __restrict__ bias,
             std::int64_t bias_step, S* __restrict__ y, Geometry g, Steps of_x, Steps of_y) {
  const TilePlace<Tile> tile(g.outs);
  const std::int64_t group = blockIdx.y, first_out = group * g.outs,
                     taps = std::int64_t(g.channels) * g.kernel.divisor;
  const Matrix<S, true> weights{w + first_out * taps, g.outs, taps, taps, 1};
  const PatchesOfPixels<S> patches{{x + group * g.channels * of_x.channel, g, of_x}};
  const Images<S> images{y + first_out * of_y.channel,
                         of_y,
                         g.out_plane,
                         g.out_row,
                         g.out_pixels,
                         g.outs,
                         bias ? bias + first_out * bias_step : bias,
                         bias_step};
  multiply_tile<Tile>(weights, patches, images, tile.row, tile.column, 0, taps);
}

template <class S, class Tile>
__global__ void __launch_bounds__(Tile::threads, 2)
    convolve_back(const S* __restrict__ dy, const S* __restrict__ w, S* __restrict__ dx, Geometry g,
                  Steps of_dy, Steps of_dx) {
  const TilePlace<Tile> tile(g.channels);
  const std::int64_t group = blockIdx.y, first_out = group * g.outs,
                     taps = std::int64_t(g.outs) * g.kernel.divisor;
  const TurnedWeights<S> weights{w + first_out * g.channels * g.kernel.divisor, g};
  const Senders<S> senders{dy + first_out * of_dy.channel, g, of_dy};
  const Images<S> images{dx + group * g.channels * of_dx.channel,
                         of_dx,
                         g.plane,
                         g.row,
                         g.pixels,
                         g.channels,
                         nullptr,
                         0};
  multiply_tile<Tile>(weights, senders, images, tile.row, tile.column, 0, taps);
}

/// parts [parts][groups][outs][taps]. pixels_each: a multiple of the tile's depth, so that no part
/// reads a pixel of the next.
template <class S, class Tile>
__global__ void __launch_bounds__(Tile::threads, 2)
    correlate(const S* __restrict__ dy, const S* __restrict__ x, Accumulator<S>* __restrict__ parts,
              Geometry g, Steps of_dy, Steps of_x, std::int64_t pixels_each) {
  const TilePlace<Tile> tile(g.outs);
  const std::int64_t group = blockIdx.y, taps = std::int64_t(g.channels) * g.kernel.divisor,
                     first = blockIdx.z * pixels_each;
  const Rows<S> rows{dy + group * g.outs * of_dy.channel, g, of_dy};
  const PatchesOfTaps<S> patches{{x + group * g.channels * of_x.channel, g, of_x}};
  const Parts<Accumulator<S>> to{
      parts + (blockIdx.z * std::int64_t(g.groups) + group) * g.outs * taps, g.outs, taps};
  multiply_tile<Tile>(rows, patches, to, tile.row, tile.column, first,
                      first + pixels_each < g.out_pixels ? first + pixels_each : g.out_pixels);
}

/// dw = the sum of the parts, in order: reads them once.
template <class S>
__global__ void __launch_bounds__(256)
    add_parts(const Accumulator<S>* __restrict__ parts, S* __restrict__ dw, int count,
              std::int64_t size, Divisor filter, Divisor kernel, Divisor kernel_width,
              Steps of_dw) {
  const std::int64_t i = std::int64_t(blockIdx.x) * 256 + threadIdx.x;
  if (i >= size) return;
  Accumulator<S> sum = 0;
  for (int part = 0; part < count; ++part) sum += parts[part * size + i];
  const std::uint32_t out = filter.quotient(std::uint32_t(i)),
                      tap = std::uint32_t(i) - out * filter.divisor;
  const Place p = place_of(tap, kernel, kernel_width);
  store(dw + out * of_dw.image + p.outer * of_dw.channel + p.y * of_dw.row + p.x * of_dw.column,
        sum);
}

// ------------------------------------------------------------ calls

constexpr std::int64_t most = (std::int64_t(1) << 31) - 4096;  // that a Divisor divides

Steps steps_of(const View& v) { return {v.stride(0), v.stride(1), v.stride(2), v.stride(3)}; }

/// x [N, C, H, W], w [O, C / groups, kh, kw], y [N, O, h, w].
Geometry geometry_of(const View& x, const Shape& w, const Window& window, const View& y) {
  Geometry g = {};
  g.groups = window.groups, g.channels = int(w[1]), g.outs = int(w[0] / window.groups);
  g.height = int(x.size(2)), g.width = int(x.size(3)), g.out_height = int(y.size(2)),
  g.out_width = int(y.size(3));
  g.stride_y = window.stride[0], g.stride_x = window.stride[1], g.top = window.padding[0],
  g.left = window.padding[1];
  g.dilation_y = window.dilation[0], g.dilation_x = window.dilation[1];
  g.pixels = x.size(0) * x.size(2) * x.size(3), g.out_pixels = y.size(0) * y.size(2) * y.size(3);
  g.kernel = Divisor(w[2] * w[3]), g.kernel_width = Divisor(w[3]),
  g.plane = Divisor(x.size(2) * x.size(3)), g.row = Divisor(x.size(3));
  g.out_plane = Divisor(y.size(2) * y.size(3)), g.out_row = Divisor(y.size(3));
  g.strides_y = Divisor(g.stride_y), g.strides_x = Divisor(g.stride_x);
  return g;
}

/// Whether the kernels' ints count all of this.
bool is_small(const View& x, const Shape& w, const Window& window, const View& y) {
  const std::int64_t taps = std::max(w[0], w[1]) * w[2] * w[3];
  const std::int64_t reach_y = x.size(2) + window.padding[0] + (w[2] - 1) * window.dilation[0] +
                               y.size(2) * window.stride[0];
  const std::int64_t reach_x = x.size(3) + window.padding[1] + (w[3] - 1) * window.dilation[1] +
                               y.size(3) * window.stride[1];
  const std::int64_t planes = std::max(x.size(2) * x.size(3), y.size(2) * y.size(3));
  return taps < most && w.count() < most && reach_y < most && reach_x < most && planes < most &&
         window.groups <= 65535;
}
/// Calls f(x, y) for as many images at a time as the kernels count.
template <class F> void each_images(const View& x, const View& y, const F& f) {
  const std::int64_t planes =
                         std::max({x.size(2) * x.size(3), y.size(2) * y.size(3), std::int64_t(1)}),
                     each = most / planes;
  for (std::int64_t first = 0; first < x.size(0); first += each) {
    const std::int64_t images = std::min(each, x.size(0) - first);
    f(x.narrow(0, first, images), y.narrow(0, first, images));
  }
}

template <class Tile> unsigned tiles_of(std::int64_t rows, std::int64_t columns) {
  return unsigned(ceil_div(rows, Tile::tile_m) * ceil_div(columns, Tile::tile_n));
}
/// Calls f with a value of the stored type and one of the tile that suits so many rows.
template <class F> void choose(DType dtype, std::int64_t rows, const F& f) {
  visit_arithmetic(dtype, [&](auto zero) {
    using S = decltype(zero);
    if constexpr (!std::is_integral_v<S>)
      rows > FlatTile<S>::tile_m ? f(zero, LargeTile<S>()) : f(zero, FlatTile<S>());
  });
}

}  // namespace

bool conv2d_by_tiles(Runtime& runtime, const View& x, const View& w, const View& b,
                     const Window& window, const View& y) {
  if (!is_small(x, w.shape(), window, y)) return false;
  const Input weights(runtime, w);
  each_images(x, y, [&](const View& x, const View& y) {
    const Geometry g = geometry_of(x, w.shape(), window, y);
    choose(y.dtype(), g.outs, [&]<class S, class Tile>(S, Tile) {
      launch(runtime, "convolve", dim3(tiles_of<Tile>(g.outs, g.out_pixels), unsigned(g.groups)),
             Tile::threads, convolve<S, Tile>, begin_of<S>(x), begin_of<S>(weights.view()),
             begin_of<S>(b), b ? b.stride(0) : 0, begin_of<S>(y), g, steps_of(x), steps_of(y));
    });
  });
  return true;
}

bool conv2d_input_grad_by_tiles(Runtime& runtime, const View& dy, const View& w,
                                const Window& window, const View& dx) {
  if (!is_small(dx, w.shape(), window, dy)) return false;
  const Input weights(runtime, w);
  each_images(dx, dy, [&](const View& dx, const View& dy) {
    const Geometry g = geometry_of(dx, w.shape(), window, dy);
    choose(dx.dtype(), g.channels, [&]<class S, class Tile>(S, Tile) {
      launch(runtime, "convolve_back",
             dim3(tiles_of<Tile>(g.channels, g.pixels), unsigned(g.groups)), Tile::threads,
             convolve_back<S, Tile>, begin_of<S>(dy), begin_of<S>(weights.view()), begin_of<S>(dx),
             g, steps_of(dy), steps_of(dx));
    });
  });
  return true;
}

bool conv2d_weight_grad_by_tiles(Runtime& runtime, const View& dy, const View& x,
                                 const Window& window, const View& dw) {
  const Geometry g = geometry_of(x, dw.shape(), window, dy);
  if (!is_small(x, dw.shape(), window, dy) || g.out_pixels >= most) return false;
  const std::int64_t taps = dw.count() / dw.size(0);
  choose(dw.dtype(), g.outs, [&]<class S, class Tile>(S, Tile) {
    // enough blocks for a large GPU, and no sums so long that their error grows; but not too little
    // for each
    const std::int64_t tiles = tiles_of<Tile>(g.outs, taps) * std::int64_t(g.groups),
                       wanted = std::max(ceil_div(512, tiles), g.out_pixels / 8192);
    const std::int64_t most_parts = std::clamp<std::int64_t>(g.out_pixels / 256, 1, 65535);
    const std::int64_t each = ceil_div(ceil_div(g.out_pixels, std::min(wanted, most_parts)),
                                       Tile::depth) *
                              Tile::depth,
                       count = ceil_div(g.out_pixels, each);
    const Scratch parts(runtime, count * dw.count() * std::int64_t(sizeof(Accumulator<S>)));
    launch(runtime, "correlate",
           dim3(tiles_of<Tile>(g.outs, taps), unsigned(g.groups), unsigned(count)), Tile::threads,
           correlate<S, Tile>, begin_of<S>(dy), begin_of<S>(x), parts.as<Accumulator<S>>(), g,
           steps_of(dy), steps_of(x), each);
    launch(runtime, "add_parts", unsigned(ceil_div(dw.count(), 256)), 256, add_parts<S>,
           parts.as<Accumulator<S>>(), begin_of<S>(dw), int(count), dw.count(), Divisor(taps),
           g.kernel, g.kernel_width, steps_of(dw));
  });
  return true;
}

}  // namespace tinygrad::cuda
