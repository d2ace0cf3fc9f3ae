// Convolution and its derivatives: in which form, from which frames, and in which pieces (conv.cl).
#include <algorithm>

#include "backends/opencl/kernels.h"
#include "backends/opencl/matmul.h"

namespace tinygrad::opencl {
namespace {

/// Conv and Steps of conv.cl.
struct Sizes {
  cl_int images, channels, height, width, outs, out_height, out_width, stride_y, stride_x, top,
      left, spread_y, spread_x, frame_height, frame_width;
};
template <class I> struct Steps {
  I image, channel, row, column;
  explicit Steps(const View& v)
      : image(I(v.stride(0))),
        channel(I(v.stride(1))),
        row(I(v.stride(2))),
        column(I(v.stride(3))) {}
};

/// Images and planes from x [N, C, H, W] to y [N, O, h, w]; the frames of windows kh x kw that move
/// by one pixel.
Sizes planes(const View& x, const View& w, const View& y) {
  Sizes s = {};
  s.images = cl_int(x.size(0)), s.channels = cl_int(x.size(1)), s.height = cl_int(x.size(2)),
  s.width = cl_int(x.size(3));
  s.outs = cl_int(y.size(1)), s.out_height = cl_int(y.size(2)), s.out_width = cl_int(y.size(3));
  s.stride_y = s.stride_x = s.spread_y = s.spread_x = 1;
  s.frame_height = s.out_height + cl_int(w.size(2)) - 1,
  s.frame_width = s.out_width + cl_int(w.size(3)) - 1;
  return s;
}
/// The convolution of x to y. Its frames end where the last window does.
Sizes forward(const View& x, const View& w, const Window& window, const View& y) {
  Sizes s = planes(x, w, y);
  s.stride_y = window.stride[0], s.stride_x = window.stride[1], s.top = window.padding[0],
  s.left = window.padding[1];
  s.frame_height += (s.out_height - 1) * (s.stride_y - 1),
      s.frame_width += (s.out_width - 1) * (s.stride_x - 1);
  return s;
}
/// dx as a convolution of dy.
Sizes backward(const View& dy, const View& w, const Window& window, const View& dx) {
  Sizes s = planes(dy, w, dx);
  s.spread_y = window.stride[0], s.spread_x = window.stride[1];
  s.top = cl_int(w.size(2)) - 1 - window.padding[0],
  s.left = cl_int(w.size(3)) - 1 - window.padding[1];
  return s;
}
/// w [O, C, kh, kw] as [C, O, kh, kw], each filter turned around.
View turned_filters(const View& w) {
  const std::int64_t last =
      w.count() == 0 ? 0 : (w.size(2) - 1) * w.stride(2) + (w.size(3) - 1) * w.stride(3);
  return w.reshaped({w.size(1), w.size(0), w.size(2), w.size(3)},
                    {w.stride(1), w.stride(0), -w.stride(2), -w.stride(3)}, w.offset() + last);
}

/// One convolution, whose kernels share their sizes.
class Convolution {
 public:
  /// Of x to y, or, for the weight's derivative, to dy; filters of kh x kw.
  Convolution(Runtime& runtime, const Sizes& sizes, const View& x, std::int64_t kh, std::int64_t kw,
              const View& y)
      : runtime_(runtime), s_(sizes), x_(x), y_(y), kh_(int(kh)), kw_(int(kw)) {
    const std::int64_t max_blocks = 16;
    narrow_ = fits_32_bits(std::int64_t(std::max(x_.memory().bytes, y_.memory().bytes))) &&
              fits_32_bits(8 * s_.images * frame_size()) && fits_32_bits(pixels()) &&
              fits_32_bits(max_blocks * std::max(taps(), plane()) * filled());
  }
  /// Whether the kernels' ints count what belongs to one image, and the filters.
  bool is_small() const {
    return fits_32_bits(frame_size() + taps()) && fits_32_bits(rest()) &&
           fits_32_bits(std::max(taps(), plane()) * filled());
  }

  /// y = the convolution of x with w [O, C, kh, kw], plus bias [O] or null.
  void run(const View& w, const View& bias) const {
    const Computed filters(runtime_, w);
    if (runtime_.is_cpu_form()) return convolve(filters.view(), bias);
    const bool few = s_.channels <= 4 && taps() <= 64;
    Launch launch = begin(few ? "direct" : "tiles");
    if (s_.spread_y > 1 || s_.spread_x > 1) launch.define("SPREAD", "");
    launch.view(x_).view(filters.view()).view(bias).view(y_).value(s_);
    steps(launch, x_), steps(launch, y_);
    launch.index(bias ? bias.stride(0) : 0).index(s_.outs).index(pixels()).index(taps());
    if (few)
      launch.run({{pixels(), ceil_div(s_.outs, 8), 1}, {runtime_.traits().group, 1, 1}}, work());
    else run_tiles(launch, s_.outs, pixels(), 1, false);
  }

  /// dw = the sum over images and pixels of dy times what each tap multiplied there.
  void weight_grad(const View& dw) const {
    runtime_.is_cpu_form() ? weight_in_frames(dw) : weight_in_tiles(dw);
  }

 private:
  std::int64_t taps() const { return std::int64_t(s_.channels) * kh_ * kw_; }
  std::int64_t plane() const { return std::int64_t(s_.out_height) * s_.out_width; }
  std::int64_t filled() const {
    return round_up(s_.outs, 32);
  }  // whole vectors of output channels, at most
  std::int64_t pixels() const { return std::int64_t(s_.images) * s_.out_height * s_.out_width; }
  std::int64_t work() const { return pixels() * s_.outs * taps(); }
  std::int64_t frame_size() const {
    return std::int64_t(s_.channels) * s_.frame_height * s_.frame_width;
  }
  DType dtype() const { return computed_dtype(y_.dtype()); }

  Launch begin(const char* kernel) const {
    Launch launch(runtime_, "conv.cl", kernel);
    launch.type("T", y_.dtype()).define("KH", kh_).define("KW", kw_).indices(narrow_);
    return launch;
  }
  void steps(Launch& launch, const View& v) const {
    narrow_ ? launch.value(Steps<cl_int>(v)) : launch.value(Steps<cl_long>(v));
  }

  /// dw = the sum of parts, whose first dimension are the blocks.
  void add_blocks(const View& parts, const View& dw) const {
    Shape shape = dw.shape();
    Strides strides = dw.strides();
    shape.insert(0, 1), strides.insert(0, 0);
    reduce(runtime_, Reduce::sum, parts, dw.reshaped(shape, strides, dw.offset()));
  }

  // ------------------------------------------------------------ gpu form
  int side() const { return runtime_.traits().group >= 64 ? 8 : 1; }
  int item(std::int64_t m, std::int64_t n) const { return tile_item(dtype(), m, n); }
  void run_tiles(Launch& launch, std::int64_t m, std::int64_t n, std::int64_t blocks,
                 bool pixels_on_the_right) const {
    const std::int64_t tile = side() * item(m, n);
    const std::size_t group = std::size_t(side());
    launch.define("SIDE", side())
        .define("ITEM", item(m, n))
        .define("LEFT_ALONG_K", 1)
        .define("RIGHT_ALONG_K", pixels_on_the_right);
    launch.run(
        {{ceil_div(n, tile) * side(), ceil_div(m, tile) * side(), blocks}, {group, group, 1}},
        work());
  }
  /// The pixels of all images are summed in blocks, which are then added in order.
  void weight_in_tiles(const View& dw) const {
    constexpr std::int64_t min_pixels = 128;  // of a block
    const std::int64_t tile = side() * item(s_.outs, taps()),
                       tiles = ceil_div(s_.outs, tile) * ceil_div(taps(), tile);
    const std::int64_t wanted = std::clamp<std::int64_t>(
        pixels() / min_pixels, 1, ceil_div(runtime_.traits().busy_groups, tiles));
    const std::int64_t each = ceil_div(pixels(), wanted), blocks = ceil_div(pixels(), each);
    const ScratchView parts(runtime_, dtype(),
                            {blocks, dw.size(0), dw.size(1), dw.size(2), dw.size(3)});
    Launch launch = begin("weight_tiles");
    launch.view(x_).view(y_).memory(parts->memory()).value(s_);
    steps(launch, x_), steps(launch, y_);
    run_tiles(launch.index(each).index(s_.outs).index(taps()), s_.outs, taps(), blocks, true);
    add_blocks(parts, dw);
  }

  // ------------------------------------------------------------ cpu form
  int width() const { return lanes_of(runtime_, y_.dtype()); }
  /// n rows in even groups, each of as many as there are registers for.
  int rows(std::int64_t n) const {
    return int(ceil_div(n, ceil_div(n, runtime_.traits().lanes >= 16 ? 8 : 6)));
  }

  /// Vectors may read so many numbers beyond the last frame, and use none of them.
  std::int64_t rest() const { return std::int64_t(2) * width() * s_.stride_x; }
  void put_in_frames(const View& frames) const {
    Launch launch = begin("put_in_frames");
    launch.view(x_).memory(frames.memory()).value(s_);
    steps(launch, x_);
    launch.value(cl_int(rest()));
    launch.run({{ceil_div(s_.frame_height, 16), s_.channels, s_.images}, {1, 1, 1}},
               frames.count());
  }

  std::int64_t flat_row() const {
    return std::int64_t(s_.out_height - 1) * s_.frame_width + s_.out_width;
  }
  std::int64_t vectors() const { return s_.out_height * ceil_div(s_.out_width, width()); }
  /// Whether rows of y fill vectors so badly that all rows of a frame are better one row.
  bool is_flat() const {
    return s_.stride_x == 1 && s_.stride_y == 1 &&
           vectors() * 4 > ceil_div(flat_row(), width()) * 5;
  }

  void convolve(const View& filters, const View& bias) const {
    const int rows = this->rows(s_.outs);
    const Extents none;
    Layout one = make_layout(&none, 1, true);
    const Panels packed(
        runtime_, filters.reshaped({taps(), s_.outs}, {1, taps()}, filters.offset()), rows, one, 0);
    const ScratchView frames(runtime_, dtype(), {s_.images * frame_size() + rest()});
    put_in_frames(frames);
    Launch launch = begin("convolve");
    if (is_flat()) launch.define("FLAT", "");
    launch.define("WIDTH", width()).define("ROWS", rows).define("STRIDE_X", s_.stride_x);
    launch.memory(frames->memory()).memory(packed.view().memory()).view(bias).view(y_).value(s_);
    steps(launch, y_);
    const std::int64_t pairs = ceil_div(is_flat() ? ceil_div(flat_row(), width()) : vectors(), 2);
    launch.index(bias ? bias.stride(0) : 0)
        .run({{pairs, ceil_div(s_.outs, rows), s_.images}, {1, 1, 1}}, work());
  }

  void weight_in_frames(const View& dw) const {
    const bool is_column = s_.out_width == 1, runs_on = is_column || s_.out_height == 1 ||
                                                        y_.stride(2) == s_.out_width * y_.stride(3);
    if (!runs_on) return with_dense_dy(dw);
    const std::int64_t pixel_step = y_.stride(is_column ? 2 : 3);
    const int vectors = s_.outs > width() ? 2 : 1, columns = vectors * width(),
              rows = this->rows(taps());
    const std::int64_t panels = ceil_div(s_.outs, columns), filled = panels * columns;
    const std::int64_t each = ceil_div(s_.images, std::min<std::int64_t>(16, s_.images)),
                       blocks = ceil_div(s_.images, each);
    const ScratchView frames(runtime_, dtype(), {blocks * frame_size()}),
        turned(runtime_, dtype(), {blocks, s_.out_height, s_.out_width, filled});
    const ScratchView parts(runtime_, dtype(), {blocks, taps(), filled});
    Launch launch = begin("weight");
    launch.define("WIDTH", width()).define("VECTORS", vectors).define("ROWS", rows);
    launch.view(x_)
        .view(y_)
        .memory(frames->memory())
        .memory(turned->memory())
        .memory(parts->memory())
        .value(s_);
    steps(launch, x_), steps(launch, y_);
    launch.index(pixel_step)
        .value(cl_int(each))
        .value(cl_int(panels))
        .value(cl_int(blocks))
        .run({{blocks, 1, 1}, {1, 1, 1}}, work());
    add_blocks(parts->reshaped({blocks, dw.size(0), dw.size(1), kh_, kw_},
                               {taps() * filled, 1, kh_ * kw_ * filled, kw_ * filled, filled}, 0),
               dw);
  }
  void with_dense_dy(const View& dw) const {
    const Computed dy(runtime_, y_);
    Convolution(runtime_, s_, x_, kh_, kw_, dy.view()).weight_in_frames(dw);
  }

  Runtime& runtime_;
  Sizes s_;
  View x_, y_;
  int kh_, kw_;
  bool narrow_;
};

/// Without groups and dilation, and with sizes that the kernels' ints hold.
bool is_served(const Window& window, std::initializer_list<View> views) {
  bool served = window.groups == 1 && window.dilation[0] == 1 && window.dilation[1] == 1;
  for (const View& v : views) {
    served = served && is_floating(v.dtype());
    for (std::int64_t size : v.shape()) served = served && fits_32_bits(size);
  }
  return served;
}

}  // namespace

bool conv2d(Runtime& runtime, const View& x, const View& w, const View& b, const Window& window,
            const View& y) {
  if (y.count() == 0) return true;
  if (!is_served(window, {x, w, y}) || w.count() == 0) return false;
  const Convolution convolution(runtime, forward(x, w, window, y), x, w.size(2), w.size(3), y);
  if (convolution.is_small()) convolution.run(w, b);
  return convolution.is_small();
}

bool conv2d_input_grad(Runtime& runtime, const View& dy, const View& w, const Window& window,
                       const View& dx) {
  if (dx.count() == 0) return true;
  if (!is_served(window, {dy, w, dx}) || w.count() == 0) return false;
  const Convolution convolution(runtime, backward(dy, w, window, dx), dy, w.size(2), w.size(3), dx);
  if (convolution.is_small()) convolution.run(turned_filters(w), {});
  return convolution.is_small();
}

bool conv2d_weight_grad(Runtime& runtime, const View& dy, const View& x, const Window& window,
                        const View& dw) {
  if (dw.count() == 0) return true;
  if (!is_served(window, {dy, x, dw})) return false;
  if (dy.count() == 0) return fill(runtime, dw, Scalar(0)), true;
  const Convolution convolution(runtime, forward(x, dw, window, dy), x, dw.size(2), dw.size(3), dy);
  if (convolution.is_small()) convolution.weight_grad(dw);
  return convolution.is_small();
}

}  // namespace tinygrad::opencl
