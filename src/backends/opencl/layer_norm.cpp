// SPDX-License-Identifier: MIT
// Launches layer norm and its derivative (layer_norm.cl).
#include "backends/opencl/dense.h"
#include "backends/opencl/rows.h"

namespace tinygrad::opencl {
namespace {

/// dw and db [D] of layer norm: partial sums over chunks of rows, then sums over the chunks.
class ColumnSums {
 public:
  ColumnSums(Runtime& runtime, const View& x)
      : runtime_(runtime), rows_(x.size(0)), size_(x.size(1)) {
    dtype_ = x.dtype() == DType::float64 ? DType::float64 : DType::float32;
    width_ = runtime.is_cpu_form() ? runtime.traits().width : 1;
    strips_ = ceil_div(size_, width_);
    const std::int64_t wanted =
        std::min(ceil_div(busy_items, strips_ * width_), ceil_div(rows_, 64));
    chunk_size_ = ceil_div(rows_, wanted), chunks_ = ceil_div(rows_, chunk_size_);
  }
  void run(const View& dy, const View& x, const View& mean, const View& rstd, const View& dw,
           const View& db) const {
    const Scratch of_w(runtime_, chunks_ * size_ * std::int64_t(size_of(dtype_))),
        of_b(runtime_, chunks_ * size_ * std::int64_t(size_of(dtype_)));
    const View parts_w(of_w.memory(), dtype_, {chunks_, size_}, {size_, 1}),
        parts_b(of_b.memory(), dtype_, {chunks_, size_}, {size_, 1});
    Launch launch(runtime_, "layer_norm.cl", "layer_norm_parts");
    launch.type("T", dtype_)
        .define("WIDTH", int(width_))
        .define("GROUP", 1)
        .indices(fits_32_bits(x.count() + size_ + 256 * width_));
    launch.view(dy)
        .view(x)
        .view(mean)
        .view(rstd)
        .view(parts_w)
        .view(parts_b)
        .index(rows_)
        .index(chunk_size_)
        .index(size_);
    launch.run(
        {{strips_, chunks_, 1}, {runtime_.is_cpu_form() ? 1 : runtime_.traits().group, 1, 1}},
        x.count());
    if (dw)
      reduce(runtime_, Reduce::sum, parts_w,
             dw.reshaped({1, size_}, {0, dw.stride(0)}, dw.offset()));
    if (db)
      reduce(runtime_, Reduce::sum, parts_b,
             db.reshaped({1, size_}, {0, db.stride(0)}, db.offset()));
  }

 private:
  Runtime& runtime_;
  std::int64_t rows_, size_, width_, strips_, chunk_size_, chunks_;
  DType dtype_;
};

}  // namespace

bool layer_norm(Runtime& runtime, const View& x, const View& w, const View& b, double eps,
                const View& y, const View& mean, const View& rstd) {
  if (x.count() == 0) return false;
  const Input from(runtime, x), weight(runtime, w), bias(runtime, b);
  const Output to(runtime, y), means(runtime, mean), rstds(runtime, rstd);
  LineLaunch launch(runtime, "layer_norm.cl", "layer_norm", x.dtype(), {x.size(0), x.size(1), 1});
  launch.view(from).view(weight).view(bias).view(to).view(means).view(rstds).scalar(eps, x.dtype());
  launch.run_lines();
  to.finish(), means.finish(), rstds.finish();
  return true;
}

bool layer_norm_grad(Runtime& runtime, const View& dy, const View& x, const View& w,
                     const View& mean, const View& rstd, const View& dx, const View& dw,
                     const View& db) {
  if (x.count() == 0) return false;
  const Input from(runtime, dy), kept(runtime, x), weight(runtime, w), means(runtime, mean),
      rstds(runtime, rstd);
  const Output to(runtime, dx);
  LineLaunch launch(runtime, "layer_norm.cl", "layer_norm_grad", x.dtype(),
                    {x.size(0), x.size(1), 1});
  launch.view(from).view(kept).view(weight).view(means).view(rstds).view(to);
  launch.run_lines();
  to.finish();
  if (dw || db) ColumnSums(runtime, x).run(from, kept, means, rstds, dw, db);
  return true;
}

}  // namespace tinygrad::opencl
