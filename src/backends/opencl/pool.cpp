// SPDX-License-Identifier: MIT
// Launches max and average pooling and their gradients (pool.cl), compiled for each window.
#include "backends/opencl/dense.h"
#include "backends/opencl/launch.h"

namespace tinygrad::opencl {
namespace {

/// Returns whether windows of `kernel` elements reach beyond the `size` elements of an axis.
bool reaches_outside(std::int64_t size, std::int64_t out_size, int kernel, const Window& w,
                     int axis) {
  const std::int64_t last = (out_size - 1) * w.stride[axis] + (kernel - 1) * w.dilation[axis];
  return w.padding[axis] > 0 || last >= size;
}
/// Returns whether windows have no gaps and do not overlap.
bool is_even(int kh, int kw, const Window& w) {
  return w.stride[0] == kh && w.stride[1] == kw && w.dilation[0] == 1 && w.dilation[1] == 1;
}

/// The launch of a kernel over the planes of x [N, C, H, W] and y [N, C, h, w].
class PoolLaunch : public Launch {
 public:
  PoolLaunch(Runtime& runtime, const char* kernel, const View& x, const View& y, int kh, int kw,
             const Window& window)
      : Launch(runtime, "pool.cl", kernel),
        x_(x),
        y_(y),
        window_size_(kh * kw),
        by_rows_(runtime.is_cpu_form()),
        width_(by_rows_ ? runtime.traits().width : 1) {
    const bool check_rows = reaches_outside(x.size(2), y.size(2), kh, window, 0),
               check_columns = reaches_outside(x.size(3), y.size(3), kw, window, 1);
    tiled_ = is_even(kh, kw, window) && !check_rows && !check_columns;
    type("T", y.dtype()).define("KH", kh).define("KW", kw);
    define("STRIDE_Y", window.stride[0]).define("STRIDE_X", window.stride[1]);
    define("PADDING_Y", window.padding[0]).define("PADDING_X", window.padding[1]);
    define("DILATION_Y", window.dilation[0]).define("DILATION_X", window.dilation[1]);
    define("CHECK_ROWS", check_rows).define("CHECK_COLUMNS", check_columns);
    if (by_rows_) define("BY_ROWS", "");
    indices(fits_32_bits(std::max(x.count(), y.count()) + 256 * window.stride[1]));
  }
  /// Runs a gradient kernel: over windows if they tile x, otherwise over elements of x.
  void run_backward() {
    if (!tiled_) return run_over(x_, 1);
    define("TILED", "");
    run_over(y_, width_);
  }
  void run_forward() { run_over(y_, width_); }

 private:
  /// `to` is x or y; each work-item computes one of its elements or rows.
  void run_over(const View& to, int width) {
    define("WIDTH", width);
    index(x_.size(0) * x_.size(1))
        .index(x_.size(2))
        .index(x_.size(3))
        .index(y_.size(2))
        .index(y_.size(3));
    run(by_rows_ ? to.count() / to.size(3) : to.count(), x_.count() * window_size_);
  }
  const View &x_, &y_;
  int window_size_;
  bool by_rows_;
  int width_;
  bool tiled_;  // windows tile x
};

}  // namespace

bool max_pool2d(Runtime& runtime, const View& x, int kh, int kw, const Window& window,
                const View& y, const View& index) {
  if (y.count() == 0) return true;
  const Input from(runtime, x);
  const Output to(runtime, y), indices(runtime, index);
  PoolLaunch launch(runtime, "max_pool2d", x, y, kh, kw, window);
  launch.view(from).view(to).view(indices);
  launch.run_forward();
  to.finish(), indices.finish();
  return true;
}

bool max_pool2d_grad(Runtime& runtime, const View& dy, const View& index, int kh, int kw,
                     const Window& window, const View& dx) {
  if (dx.count() == 0) return true;
  const Input from(runtime, dy), indices(runtime, index);
  const Output to(runtime, dx);
  PoolLaunch launch(runtime, "max_pool2d_grad", dx, dy, kh, kw, window);
  launch.view(from).view(indices).view(to);
  launch.run_backward();
  to.finish();
  return true;
}

bool avg_pool2d(Runtime& runtime, const View& x, int kh, int kw, const Window& window,
                const View& y) {
  if (y.count() == 0) return true;
  const Input from(runtime, x);
  const Output to(runtime, y);
  PoolLaunch launch(runtime, "avg_pool2d", x, y, kh, kw, window);
  launch.view(from).view(to);
  launch.run_forward();
  to.finish();
  return true;
}

bool avg_pool2d_grad(Runtime& runtime, const View& dy, int kh, int kw, const Window& window,
                     const View& dx) {
  if (dx.count() == 0) return true;
  const Input from(runtime, dy);
  const Output to(runtime, dx);
  PoolLaunch launch(runtime, "avg_pool2d_grad", dx, dy, kh, kw, window);
  launch.view(from).view(to);
  launch.run_backward();
  to.finish();
  return true;
}

}  // namespace tinygrad::opencl
