// SPDX-License-Identifier: MIT
// Declares the backend's own matrix product, for matmul.cpp and for convolutions.
#pragma once
#include "backends/cuda/dense.h"

namespace tinygrad::cuda {

/// c [..., m, n] = a [..., m, k] b [..., k, n] + bias [..., m, n] by this backend's own kernel
/// (gemm.cu), for any dtype but boolean, any strides, and k > 0. bias may be null, or broadcast by
/// strides of 0.
void gemm(Runtime& runtime, const View& a, const View& b, const View& bias, const View& c);

}  // namespace tinygrad::cuda
