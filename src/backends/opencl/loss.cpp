// SPDX-License-Identifier: MIT
// Launches cross entropy and its derivative (loss.cl).
#include "backends/opencl/dense.h"
#include "backends/opencl/rows.h"

namespace tinygrad::opencl {
namespace {

Lines rows_of(const View& x) { return {x.size(0), x.size(1), 1}; }

}  // namespace

bool cross_entropy(Runtime& runtime, const View& x, const View& target, const View& loss,
                   const View& lse) {
  if (x.count() == 0) return false;
  const std::int64_t rows = x.size(0);
  const DType dtype = x.dtype() == DType::float64 ? DType::float64 : DType::float32;
  check_index(runtime, target, x.size(1));
  const Input from(runtime, x);
  const Output to(runtime, lse);
  const Scratch scratch(runtime, rows * std::int64_t(size_of(dtype)));
  const View losses(scratch.memory(), dtype, {rows}, {1});
  LineLaunch launch(runtime, "loss.cl", "cross_entropy", dtype, rows_of(x));
  launch.view(from).view(target).index(target.stride(0)).view(to).view(losses);
  launch.run_lines();
  to.finish();
  LineLaunch mean(runtime, "loss.cl", "mean", dtype, {1, rows, 1});
  mean.view(losses).view(loss);
  mean.run_lines();
  return true;
}

bool cross_entropy_grad(Runtime& runtime, const View& dy, const View& x, const View& target,
                        const View& lse, const View& dx) {
  if (x.count() == 0) return true;
  const Input from(runtime, x), sums(runtime, lse);
  const Output to(runtime, dx);
  LineLaunch launch(runtime, "loss.cl", "cross_entropy_grad", dx.dtype(), rows_of(x));
  launch.view(dy).view(from).view(target).index(target.stride(0)).view(sums).view(to);
  launch.run_lines();
  to.finish();
  return true;
}

}  // namespace tinygrad::opencl
