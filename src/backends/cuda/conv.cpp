// SPDX-License-Identifier: MIT
// Computes convolution and its derivatives by cuDNN if it is installed and has a plan, otherwise by
// this backend's own kernels.
#include "backends/cuda/conv.h"

namespace tinygrad::cuda {
#if !TINYGRAD_HAVE_CUDNN
bool conv2d_cudnn(Runtime&, const View&, const View&, const View&, const Window&, const View&) {
  return false;
}
bool conv2d_input_grad_cudnn(Runtime&, const View&, const View&, const Window&, const View&) {
  return false;
}
bool conv2d_weight_grad_cudnn(Runtime&, const View&, const View&, const Window&, const View&) {
  return false;
}
#endif

bool conv2d(Runtime& runtime, const View& x, const View& w, const View& b, const Window& window,
            const View& y) {
  if (y.count() == 0) return true;
  if (w.count() == 0 || x.count() == 0) return false;
  return conv2d_cudnn(runtime, x, w, b, window, y) ||
         conv2d_implicit_gemm(runtime, x, w, b, window, y);
}

bool conv2d_input_grad(Runtime& runtime, const View& dy, const View& w, const Window& window,
                       const View& dx) {
  if (dx.count() == 0) return true;
  if (w.count() == 0 || dy.count() == 0) return false;
  return conv2d_input_grad_cudnn(runtime, dy, w, window, dx) ||
         conv2d_input_grad_implicit_gemm(runtime, dy, w, window, dx);
}

bool conv2d_weight_grad(Runtime& runtime, const View& dy, const View& x, const Window& window,
                        const View& dw) {
  if (dw.count() == 0) return true;
  if (dy.count() == 0) return fill(runtime, dw, Scalar(0)), true;
  if (x.count() == 0) return false;
  return conv2d_weight_grad_cudnn(runtime, dy, x, window, dw) ||
         conv2d_weight_grad_implicit_gemm(runtime, dy, x, window, dw);
}

}  // namespace tinygrad::cuda
