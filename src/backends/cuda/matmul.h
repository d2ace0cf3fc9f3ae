// What products and convolutions share.
#pragma once
#include "backends/cuda/dense.h"

namespace tinygrad::cuda {

/// c [..., m, n] = a [..., m, k] b [..., k, n] + bias [..., m, n], null or repeated by strides of
/// 0; k > 0. By a kernel of this backend, for any dtype but boolean, and any strides.
void multiply_tiles(Runtime& runtime, const View& a, const View& b, const View& bias,
                    const View& c);

}  // namespace tinygrad::cuda
