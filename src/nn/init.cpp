// SPDX-License-Identifier: MIT
// Initialization of parameters: constant, uniform and normal, with the scales of He and Glorot.
#include "tinygrad/nn/init.h"

#include <cmath>

#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad::nn::init {
namespace {

/// The options of random values for t. They are drawn as float32 or float64; narrower dtypes are
/// rounded from float32.
TensorOptions drawn_like(const Tensor& t) {
  require<DTypeError>(is_floating(t.dtype()), "init", "cannot draw real values for a tensor of ",
                      to_string(t.dtype()));
  return {.dtype = t.dtype() == DType::float64 ? DType::float64 : DType::float32,
          .device = t.device()};
}

/// The standard deviation of He's initialization (kaiming).
double kaiming_std(const Tensor& t, const KaimingOptions& options, SourceLocation location) {
  const Fans f = fans(t.shape(), location);
  return gain(options.nonlinearity, options.a) /
         std::sqrt(double(options.mode == FanMode::fan_in ? f.in : f.out));
}
double xavier_std(const Tensor& t, double gain, SourceLocation location) {
  const Fans f = fans(t.shape(), location);
  return gain * std::sqrt(2 / double(f.in + f.out));
}
/// Sets uniform values on ±sqrt(3) std, whose standard deviation is std.
void uniform_with_std(const Tensor& t, double std) {
  uniform_(t, -std::sqrt(3.) * std, std::sqrt(3.) * std);
}

}  // namespace

double gain(Nonlinearity nonlinearity, double slope) {
  switch (nonlinearity) {
    case Nonlinearity::tanh: return 5. / 3;
    case Nonlinearity::relu: return std::sqrt(2.);
    case Nonlinearity::leaky_relu: return std::sqrt(2 / (1 + slope * slope));
    case Nonlinearity::selu: return 0.75;
    default: return 1;
  }
}

Fans fans(const Shape& weight, SourceLocation location) {
  require<ShapeError>(weight.rank() >= 2, Call{"init", location},
                      "expected a weight of rank 2 or more, [out, in, ...], got ", weight);
  std::int64_t window = 1;
  for (int i = 2; i < weight.rank(); ++i) window *= weight[i];
  return {weight[1] * window, weight[0] * window};
}

void uniform_(const Tensor& t, double low, double high) {
  const NoGrad off;
  const Tensor values = rand(t.shape(), drawn_like(t)) * (high - low) + low;
  Tensor(t).copy_(low < high ? minimum(values, largest_below(high, t.dtype())) : values);
}
void normal_(const Tensor& t, double mean, double std) {
  const NoGrad off;
  Tensor(t).copy_(randn(t.shape(), drawn_like(t)) * std + mean);
}
void constant_(const Tensor& t, Scalar value) {
  const NoGrad off;
  Tensor(t).fill_(value);
}
void zeros_(const Tensor& t) { constant_(t, 0); }
void ones_(const Tensor& t) { constant_(t, 1); }

void kaiming_uniform_(const Tensor& t, const KaimingOptions& options, SourceLocation location) {
  uniform_with_std(t, kaiming_std(t, options, location));
}
void kaiming_normal_(const Tensor& t, const KaimingOptions& options, SourceLocation location) {
  normal_(t, 0, kaiming_std(t, options, location));
}
void xavier_uniform_(const Tensor& t, double gain, SourceLocation location) {
  uniform_with_std(t, xavier_std(t, gain, location));
}
void xavier_normal_(const Tensor& t, double gain, SourceLocation location) {
  normal_(t, 0, xavier_std(t, gain, location));
}

}  // namespace tinygrad::nn::init
