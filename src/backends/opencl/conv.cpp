// SPDX-License-Identifier: MIT
// Launches convolution and its gradients (conv.cl): chooses the kernel, the padded images, and the
// blocks into which sums are split.
#include <algorithm>

#include "backends/common/conv_geometry.h"
#include "backends/opencl/kernels.h"
#include "backends/opencl/matmul.h"

namespace tinygrad::opencl {
namespace {

/// The geometry of a convolution as kernels get it: the struct Conv of conv.cl.
struct ConvSizes {
#define CONV_FIELD(name, value) cl_int name;
#include "backends/opencl/conv_fields.def"
  explicit ConvSizes(const ConvGeometry& g) {
#define CONV_FIELD(name, value) name = cl_int(value);
#include "backends/opencl/conv_fields.def"
  }
};
/// ImageStrides of conv.cl.
template <class I> struct ImageStrides {
  I batch, channel, row, column;
  explicit ImageStrides(const View& v)
      : batch(I(v.stride(0))),
        channel(I(v.stride(1))),
        row(I(v.stride(2))),
        column(I(v.stride(3))) {}
};

/// Returns w [groups O, C, kh, kw] as [groups, C, O, kh, kw] with each filter flipped in both
/// directions.
View flip_filters(const View& w, std::int64_t groups) {
  const std::int64_t outs = w.size(0) / groups,
                     last = (w.size(2) - 1) * w.stride(2) + (w.size(3) - 1) * w.stride(3);
  return w.reshaped({groups, w.size(1), outs, w.size(2), w.size(3)},
                    {outs * w.stride(0), w.stride(1), w.stride(0), -w.stride(2), -w.stride(3)},
                    w.offset() + last);
}

/// One convolution, whose kernels share their geometry.
class Convolution {
 public:
  /// The convolution of x to y; for the gradient of the weight, y is dy.
  Convolution(Runtime& runtime, const ConvGeometry& geometry, const View& x, const View& y)
      : runtime_(runtime), g_(geometry), x_(x), y_(y) {
    const std::int64_t max_blocks = 16;
    narrow_ = fits_32_bits(std::int64_t(std::max(x_.memory().bytes, y_.memory().bytes))) &&
              fits_32_bits(8 * g_.batch * padded_size()) && fits_32_bits(pixels()) &&
              fits_32_bits(max_blocks * std::max(g_.groups * g_.taps(), g_.out_pixels()) *
                           packed_channels());
  }
  /// Returns whether the kernels' ints can count the elements of one image and of the filters.
  bool is_small() const {
    return fits_32_bits(padded_size() + g_.taps()) && fits_32_bits(margin()) &&
           fits_32_bits(std::max(g_.groups * g_.taps(), g_.out_pixels()) * packed_channels());
  }

  /// y = the convolution of x with w, whose elements are those of [groups, O, C, kh, kw], plus bias
  /// if it is not null.
  void run(const View& w, const View& bias) const {
    const Computed filters(runtime_, w);
    if (runtime_.is_cpu_form()) return convolve(filters.view(), bias);
    const bool few = in_channels() <= 4 && g_.taps() <= 64;
    const std::int64_t outs = std::min<std::int64_t>(8, out_channels());
    Launch launch = begin(few ? "direct" : "tiles");
    if (g_.input_dilation_y > 1 || g_.input_dilation_x > 1) launch.define("INPUT_DILATION", "");
    launch.view(x_).view(filters.view()).view(bias).view(y_).value(ConvSizes(g_));
    strides(launch, x_), strides(launch, y_);
    launch.index(bias ? bias.stride(0) : 0).index(out_channels()).index(pixels()).index(g_.taps());
    if (!few) return run_tiles(launch, out_channels(), pixels(), g_.groups, false);
    launch.define("OUT_CHANNELS", int(outs));
    launch.run(
        {{pixels(), ceil_div(out_channels(), outs), g_.groups}, {runtime_.traits().group, 1, 1}},
        work());
  }

  /// dw = the sum over images and pixels of dy times the element that each tap multiplied there.
  void weight_grad(const View& dw) const {
    runtime_.is_cpu_form() ? weight_grad_direct(dw) : weight_grad_tiles(dw);
  }

 private:
  /// The channels of a group.
  std::int64_t in_channels() const { return g_.in_channels / g_.groups; }
  std::int64_t out_channels() const { return g_.out_channels / g_.groups; }
  /// An upper bound of the output channels of a group, rounded up to whole vectors.
  std::int64_t packed_channels() const { return round_up(out_channels(), 32); }
  std::int64_t pixels() const { return g_.batch * g_.out_pixels(); }
  std::int64_t work() const { return pixels() * g_.out_channels * g_.taps(); }
  std::int64_t padded_size() const { return g_.in_channels * g_.padded_pixels(); }
  DType dtype() const { return computed_dtype(y_.dtype()); }

  Launch begin(const char* kernel) const {
    Launch launch(runtime_, "conv.cl", kernel);
    launch.type("T", y_.dtype())
        .define("KH", int(g_.kernel_height))
        .define("KW", int(g_.kernel_width))
        .define("DILATION_Y", int(g_.dilation_y))
        .define("DILATION_X", int(g_.dilation_x))
        .indices(narrow_);
    return launch;
  }
  void strides(Launch& launch, const View& v) const {
    narrow_ ? launch.value(ImageStrides<cl_int>(v)) : launch.value(ImageStrides<cl_long>(v));
  }

  /// dw = the sum of the partials [blocks, groups, O, C, kh, kw] over the blocks.
  void add_blocks(const View& partials, const View& dw) const {
    Shape shape = partials.shape();
    Strides strides = dw.strides();
    shape[0] = 1;
    strides.insert(0, out_channels() * dw.stride(0)), strides.insert(0, 0);
    reduce(runtime_, Reduce::sum, partials, dw.reshaped(shape, strides, dw.offset()));
  }

  // ------------------------------------------------------------ gpu form
  int group_side() const { return runtime_.traits().group >= 64 ? 8 : 1; }
  int thread_tile(std::int64_t m, std::int64_t n) const { return thread_tile_size(dtype(), m, n); }
  void run_tiles(Launch& launch, std::int64_t m, std::int64_t n, std::int64_t blocks,
                 bool b_along_k) const {
    const std::int64_t tile = group_side() * thread_tile(m, n);
    const std::size_t group = std::size_t(group_side());
    launch.define("GROUP_SIDE", group_side())
        .define("THREAD_TILE", thread_tile(m, n))
        .define("A_ALONG_K", 1)
        .define("B_ALONG_K", b_along_k);
    launch.run({{ceil_div(n, tile) * group_side(), ceil_div(m, tile) * group_side(), blocks},
                {group, group, 1}},
               work());
  }
  /// The sum over the pixels of all images is split into blocks, which are then added in order.
  void weight_grad_tiles(const View& dw) const {
    constexpr std::int64_t min_pixels = 128, max_pixels = 8192;  // per block
    const std::int64_t tile = group_side() * thread_tile(out_channels(), g_.taps()),
                       tiles =
                           g_.groups * ceil_div(out_channels(), tile) * ceil_div(g_.taps(), tile);
    const std::int64_t wanted = std::clamp<std::int64_t>(
        pixels() / min_pixels, 1, ceil_div(runtime_.traits().busy_groups, tiles));
    const std::int64_t block_pixels = std::min(ceil_div(pixels(), wanted), max_pixels),
                       blocks = ceil_div(pixels(), block_pixels);
    const ScratchView partials(
        runtime_, dtype(), {blocks, g_.groups, out_channels(), dw.size(1), dw.size(2), dw.size(3)});
    Launch launch = begin("weight_grad_tiles");
    launch.view(x_).view(y_).memory(partials->memory()).value(ConvSizes(g_));
    strides(launch, x_), strides(launch, y_);
    run_tiles(launch.index(block_pixels).index(out_channels()).index(g_.taps()), out_channels(),
              g_.taps(), blocks * g_.groups, true);
    add_blocks(partials, dw);
  }

  // ------------------------------------------------------------ cpu form
  int width() const { return lanes_of(runtime_, y_.dtype()); }
  /// The rows per work-item, if n rows are divided evenly into blocks that fit into registers.
  int rows(std::int64_t n) const {
    return int(ceil_div(n, ceil_div(n, runtime_.traits().lanes >= 16 ? 8 : 6)));
  }

  /// Vectors may load this many elements beyond the last padded image, and use none of them.
  std::int64_t margin() const { return 2 * width() * g_.stride_x; }
  void copy_padded(const View& padded) const {
    Launch launch = begin("copy_padded");
    launch.view(x_).memory(padded.memory()).value(ConvSizes(g_));
    strides(launch, x_);
    launch.value(cl_int(margin()));
    launch.run({{ceil_div(g_.padded_height(), 16), g_.in_channels, g_.batch}, {1, 1, 1}},
               padded.count());
  }

  std::int64_t flat_row() const { return (g_.out_height - 1) * g_.padded_width() + g_.out_width; }
  std::int64_t vectors() const { return g_.out_height * ceil_div(g_.out_width, width()); }
  /// Returns whether rows of y fill vectors so badly that it is faster to process all rows of a
  /// padded image as one row.
  bool is_flat() const {
    return g_.stride_x == 1 && g_.stride_y == 1 &&
           vectors() * 4 > ceil_div(flat_row(), width()) * 5;
  }

  void convolve(const View& filters, const View& bias) const {
    const int rows = this->rows(out_channels());
    const std::int64_t filter = out_channels() * g_.taps();
    const Extents of_groups = {1, &g_.groups, &filter};
    Layout groups = make_layout(&of_groups, 1, true);
    const Panels packed(
        runtime_, filters.reshaped({g_.taps(), out_channels()}, {1, g_.taps()}, filters.offset()),
        rows, groups, 0);
    const ScratchView padded(runtime_, dtype(), {g_.batch * padded_size() + margin()});
    copy_padded(padded);
    Launch launch = begin("convolve");
    if (is_flat()) launch.define("FLAT", "");
    launch.define("WIDTH", width()).define("ROWS", rows).define("STRIDE_X", int(g_.stride_x));
    launch.memory(padded->memory())
        .memory(packed.view().memory())
        .view(bias)
        .view(y_)
        .value(ConvSizes(g_));
    strides(launch, y_);
    const std::int64_t pairs = ceil_div(is_flat() ? ceil_div(flat_row(), width()) : vectors(), 2);
    launch.index(bias ? bias.stride(0) : 0)
        .run({{pairs, g_.groups * ceil_div(out_channels(), rows), g_.batch}, {1, 1, 1}}, work());
  }

  void weight_grad_direct(const View& dw) const {
    const bool is_column = g_.out_width == 1,
               is_contiguous =
                   is_column || g_.out_height == 1 || y_.stride(2) == g_.out_width * y_.stride(3);
    if (!is_contiguous) return with_dense_dy(dw);
    const std::int64_t pixel_step = y_.stride(is_column ? 2 : 3);
    const int vectors = out_channels() > width() ? 2 : 1, columns = vectors * width(),
              rows = this->rows(g_.taps());
    const std::int64_t panels = ceil_div(out_channels(), columns),
                       packed_channels = panels * columns;
    const std::int64_t block_images = ceil_div(g_.batch, std::min<std::int64_t>(16, g_.batch)),
                       blocks = ceil_div(g_.batch, block_images);
    const ScratchView padded(runtime_, dtype(), {blocks * in_channels() * g_.padded_pixels()}),
        packed_dy(runtime_, dtype(), {blocks, g_.out_height, g_.out_width, packed_channels});
    const ScratchView partials(runtime_, dtype(), {blocks, g_.groups, g_.taps(), packed_channels});
    Launch launch = begin("weight_grad");
    launch.define("WIDTH", width()).define("VECTORS", vectors).define("ROWS", rows);
    launch.view(x_)
        .view(y_)
        .memory(padded->memory())
        .memory(packed_dy->memory())
        .memory(partials->memory())
        .value(ConvSizes(g_));
    strides(launch, x_), strides(launch, y_);
    launch.index(pixel_step)
        .value(cl_int(block_images))
        .value(cl_int(panels))
        .value(cl_int(blocks))
        .run({{blocks, 1, 1}, {1, 1, 1}}, work());
    add_blocks(
        partials->reshaped(
            {blocks, g_.groups, out_channels(), dw.size(1), g_.kernel_height, g_.kernel_width},
            {g_.groups * g_.taps() * packed_channels, g_.taps() * packed_channels, 1,
             g_.kernel_size() * packed_channels, g_.kernel_width * packed_channels,
             packed_channels},
            0),
        dw);
  }
  void with_dense_dy(const View& dw) const {
    const Computed dy(runtime_, y_);
    Convolution(runtime_, g_, x_, dy.view()).weight_grad_direct(dw);
  }

  Runtime& runtime_;
  ConvGeometry g_;
  View x_, y_;
  bool narrow_;
};

/// Returns whether there are kernels for this convolution: of floats, and with sizes that fit into
/// ints.
bool is_supported(std::initializer_list<View> views) {
  bool supported = true;
  for (const View& v : views) {
    supported = supported && is_floating(v.dtype());
    for (std::int64_t size : v.shape()) supported = supported && fits_32_bits(size);
  }
  return supported;
}

}  // namespace

bool conv2d(Runtime& runtime, const View& x, const View& w, const View& b, const Window& window,
            const View& y) {
  if (y.count() == 0) return true;
  if (!is_supported({x, w, y}) || w.count() == 0) return false;
  const ConvGeometry geometry =
      conv_forward(x.shape().begin(), w.shape().begin(), y.shape().begin(), window);
  const Convolution convolution(runtime, geometry, x, y);
  if (convolution.is_small()) convolution.run(w, b);
  return convolution.is_small();
}

bool conv2d_input_grad(Runtime& runtime, const View& dy, const View& w, const Window& window,
                       const View& dx) {
  if (dx.count() == 0) return true;
  if (!is_supported({dy, w, dx}) || w.count() == 0) return false;
  const ConvGeometry geometry =
      conv_input_grad(dy.shape().begin(), w.shape().begin(), dx.shape().begin(), window);
  const Convolution convolution(runtime, geometry, dy, dx);
  if (convolution.is_small()) convolution.run(flip_filters(w, window.groups), {});
  return convolution.is_small();
}

bool conv2d_weight_grad(Runtime& runtime, const View& dy, const View& x, const Window& window,
                        const View& dw) {
  if (dw.count() == 0) return true;
  if (!is_supported({dy, x, dw})) return false;
  if (dy.count() == 0) return fill(runtime, dw, Scalar(0)), true;
  const ConvGeometry geometry =
      conv_forward(x.shape().begin(), dw.shape().begin(), dy.shape().begin(), window);
  const Convolution convolution(runtime, geometry, x, dy);
  if (convolution.is_small()) convolution.weight_grad(dw);
  return convolution.is_small();
}

}  // namespace tinygrad::opencl
