// SPDX-License-Identifier: MIT
// Declares the two implementations of convolution and its derivatives, between which conv.cpp
// chooses. Arguments and results are those of kernels.h; false: not computed, and nothing was
// written.
#pragma once
#include "backends/cuda/kernels.h"

namespace tinygrad::cuda {

// conv_implicit_gemm.cu: this backend's own kernels, which need no library
bool conv2d_implicit_gemm(Runtime& runtime, const View& x, const View& w, const View& b,
                          const Window& window, const View& y);
bool conv2d_input_grad_implicit_gemm(Runtime& runtime, const View& dy, const View& w,
                                     const Window& window, const View& dx);
bool conv2d_weight_grad_implicit_gemm(Runtime& runtime, const View& dy, const View& x,
                                      const Window& window, const View& dw);
// conv_cudnn.cpp
bool conv2d_cudnn(Runtime& runtime, const View& x, const View& w, const View& b,
                  const Window& window, const View& y);
bool conv2d_input_grad_cudnn(Runtime& runtime, const View& dy, const View& w, const Window& window,
                             const View& dx);
bool conv2d_weight_grad_cudnn(Runtime& runtime, const View& dy, const View& x, const Window& window,
                              const View& dw);

}  // namespace tinygrad::cuda
