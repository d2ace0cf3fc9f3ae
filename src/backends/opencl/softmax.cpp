// SPDX-License-Identifier: MIT
// Launches softmax, log_softmax and their derivatives (softmax.cl).
#include "backends/opencl/dense.h"
#include "backends/opencl/rows.h"

namespace tinygrad::opencl {
namespace {

bool forward(Runtime& runtime, const char* kernel, const View& x, int dim, const View& y) {
  if (y.count() == 0) return true;
  const Input from(runtime, x);
  const Output to(runtime, y);
  LineLaunch launch(runtime, "softmax.cl", kernel, y.dtype(), lines_along(x, dim));
  launch.view(from).view(to);
  launch.run_lines();
  to.finish();
  return true;
}

bool backward(Runtime& runtime, const char* kernel, const View& dy, const View& y, int dim,
              const View& dx) {
  if (dx.count() == 0) return true;
  const Input from(runtime, dy), kept(runtime, y);
  const Output to(runtime, dx);
  LineLaunch launch(runtime, "softmax.cl", kernel, dx.dtype(), lines_along(dx, dim));
  launch.view(from).view(kept).view(to);
  launch.run_lines();
  to.finish();
  return true;
}

}  // namespace

bool softmax(Runtime& runtime, const View& x, int dim, const View& y) {
  return forward(runtime, "softmax", x, dim, y);
}
bool log_softmax(Runtime& runtime, const View& x, int dim, const View& y) {
  return forward(runtime, "log_softmax", x, dim, y);
}
bool softmax_grad(Runtime& runtime, const View& dy, const View& y, int dim, const View& dx) {
  return backward(runtime, "softmax_grad", dy, y, dim, dx);
}
bool log_softmax_grad(Runtime& runtime, const View& dy, const View& y, int dim, const View& dx) {
  return backward(runtime, "log_softmax_grad", dy, y, dim, dx);
}

}  // namespace tinygrad::opencl
