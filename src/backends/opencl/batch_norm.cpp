// SPDX-License-Identifier: MIT
// Launches batch norm and its derivative (batch_norm.cl).
#include "backends/opencl/dense.h"
#include "backends/opencl/rows.h"

namespace tinygrad::opencl {
namespace {

/// In the gpu form, whose work-groups have up to 256 items, the planes of a channel that are
/// shorter than this are processed as one row.
constexpr std::int64_t short_plane = 1024;

/// Returns x [N, C, ...] as [N, C, S]; if S is 1, as [1, C, N], so that the elements of a channel
/// are contiguous (after a copy).
View by_channel(const View& x) {
  const std::int64_t channels = x.size(1), inner = x.count() / (x.size(0) * channels);
  if (inner != 1) return x;
  return x.reshaped({1, channels, x.size(0)}, {0, x.stride(1), x.stride(0)}, x.offset());
}

/// A launch whose lines are the channels of x.
class ChannelLaunch : public LineLaunch {
 public:
  ChannelLaunch(Runtime& runtime, const char* kernel, const View& x)
      : LineLaunch(runtime, "batch_norm.cl", kernel, x.dtype(), lines_of(runtime, x)),
        images_(x.size(0)),
        channels_(x.size(1)) {
    if (is_flat(runtime, x)) define("FLAT", "");
  }
  void run_channels() {
    index(images_).index(channels_);
    run_lines();
  }

 private:
  static std::int64_t plane(const View& x) { return x.count() / (x.size(0) * x.size(1)); }
  static bool is_flat(const Runtime& runtime, const View& x) {
    return !runtime.is_cpu_form() && plane(x) < short_plane;
  }
  static Lines lines_of(const Runtime& runtime, const View& x) {
    if (is_flat(runtime, x)) return {x.size(1), x.size(0) * plane(x), 1};
    return {x.size(1), plane(x), 1, x.size(0)};
  }
  std::int64_t images_, channels_;
};

}  // namespace

bool batch_norm(Runtime& runtime, const View& x, const View& w, const View& b, double eps,
                const View& y, const View& mean, const View& rstd) {
  if (x.count() == 0) return false;
  const Input from(runtime, by_channel(x)), weight(runtime, w), bias(runtime, b);
  const Output to(runtime, by_channel(y)), means(runtime, mean), rstds(runtime, rstd);
  ChannelLaunch launch(runtime, "batch_norm", from.view());
  launch.view(from).view(weight).view(bias).view(to).view(means).view(rstds).scalar(eps, x.dtype());
  launch.run_channels();
  to.finish(), means.finish(), rstds.finish();
  return true;
}

bool batch_norm_grad(Runtime& runtime, const View& dy, const View& x, const View& w,
                     const View& mean, const View& rstd, const View& dx, const View& dw,
                     const View& db) {
  if (x.count() == 0) return false;
  const Input from(runtime, by_channel(dy)), kept(runtime, by_channel(x)), weight(runtime, w),
      means(runtime, mean), rstds(runtime, rstd);
  const Output to(runtime, by_channel(dx)), to_w(runtime, dw), to_b(runtime, db);
  ChannelLaunch launch(runtime, "batch_norm_grad", kept.view());
  launch.view(from).view(kept).view(weight).view(means).view(rstds).view(to).view(to_w).view(to_b);
  launch.run_channels();
  to.finish(), to_w.finish(), to_b.finish();
  return true;
}

}  // namespace tinygrad::opencl
