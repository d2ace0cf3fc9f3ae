// SPDX-License-Identifier: MIT
// The default initialization of the parameters of layers, and the check of their sizes.
#pragma once
#include <cmath>

#include "tinygrad/nn/init.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::nn {

/// Uniform on ±1/sqrt(fan_in), which is PyTorch's default for weights (kaiming_uniform_ with
/// a = sqrt(5)) and for biases.
inline Tensor default_uniform_init(const Shape& shape, std::int64_t fan_in) {
  Tensor t = empty(shape);
  const double bound = 1 / std::sqrt(double(fan_in));
  init::uniform_(t, -bound, bound);
  return t;
}

/// Returns n. Throws ArgumentError unless it is at least 1.
inline std::int64_t positive(const Call& call, const char* what, std::int64_t n) {
  require(n >= 1, call, what, " must be at least 1, not ", n);
  return n;
}

}  // namespace tinygrad::nn
