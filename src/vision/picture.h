// SPDX-License-Identifier: MIT
// Checks of pictures, and the random draws of a transform.
#pragma once
#include <cmath>

#include "tinygrad/random.h"
#include "tinygrad/tensor.h"

namespace tinygrad::vision {

inline void check_picture(const char* op, const Tensor& x, bool rgb = false) {
  require<ShapeError>(x.dim() == 3 && (!rgb || x.size(0) == 3), op, "expected a picture ",
                      rgb ? "[3, H, W]" : "[C, H, W]", ", got ", x.shape());
  require<DTypeError>(!rgb || is_floating(x.dtype()), op,
                      "expected floating values in 0 ... 1, got ", to_string(x.dtype()),
                      "; use to_float() first");
}

/// The words of (seed, index).
struct Draw {
  std::uint64_t seed, index;
  double operator()(std::uint64_t word, double low = 0, double high = 1) const {
    return low + (high - low) * double(philox_uniform(seed, index, word));
  }
  /// 0 ... n - 1.
  std::int64_t below(std::int64_t n, std::uint64_t word) const {
    return std::int64_t(std::floor((*this)(word) * double(n)));
  }
};

/// Values that were computed in float32 as a picture of x's dtype and device; integers are rounded.
Tensor like(const Tensor& x, const Tensor& values);

}  // namespace tinygrad::vision
