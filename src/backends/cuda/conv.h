// Convolution and its derivatives in two ways, of which conv.cpp takes the one that serves.
// Arguments and results are those of kernels.h; false: not done, and nothing was touched.
#pragma once
#include "backends/cuda/kernels.h"

namespace tinygrad::cuda {

// conv_tiles.cu: this backend's own kernels, which need no library
bool conv2d_by_tiles(Runtime& runtime, const View& x, const View& w, const View& b,
                     const Window& window, const View& y);
bool conv2d_input_grad_by_tiles(Runtime& runtime, const View& dy, const View& w,
                                const Window& window, const View& dx);
bool conv2d_weight_grad_by_tiles(Runtime& runtime, const View& dy, const View& x,
                                 const Window& window, const View& dw);
// conv_cudnn.cpp
bool conv2d_by_cudnn(Runtime& runtime, const View& x, const View& w, const View& b,
                     const Window& window, const View& y);
bool conv2d_input_grad_by_cudnn(Runtime& runtime, const View& dy, const View& w,
                                const Window& window, const View& dx);
bool conv2d_weight_grad_by_cudnn(Runtime& runtime, const View& dy, const View& x,
                                 const Window& window, const View& dw);

}  // namespace tinygrad::cuda
