// SPDX-License-Identifier: MIT
// Initialization of parameters: constant, uniform and normal, with the scales of He and Glorot.
#include "tinygrad/nn/init.h"

#include <cmath>

#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad::nn::init {

/// The options of random values for t. They are drawn as float32 or float64; narrower dtypes are
/// rounded from float32.
static TensorOptions drawn_like(const Tensor& t) {
  require<DTypeError>(is_floating(t.dtype()), "init", "cannot draw real values for a tensor of ",
                      to_string(t.dtype()));
  return {.dtype = t.dtype() == DType::float64 ? DType::float64 : DType::float32,
          .device = t.device()};
}

/// The standard deviation of He's initialization (kaiming).
static double kaiming_std(const Tensor& t, const KaimingOptions& options, SourceLocation location) {
  const Fans f = fans(t.shape(), location);
  return gain(options.nonlinearity, options.a) /
         std::sqrt(double(options.mode == FanMode::fan_in ? f.in : f.out));
}
static double xavier_std(const Tensor& t, double gain, SourceLocation location) {
  const Fans f = fans(t.shape(), location);
  return gain * std::sqrt(2 / double(f.in + f.out));
}
/// Sets uniform values on ±sqrt(3) std, whose standard deviation is std.
static void uniform_with_std(const Tensor& t, double std) {
  uniform_(t, -std::sqrt(3.) * std, std::sqrt(3.) * std);
}

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

/// The x with erf(x) = y: Winitzki's approximation, and steps of Newton's method.
static Tensor inverse_erf(const Tensor& y) {
  const Tensor log = tinygrad::log1p(-square(y)), c = 2 / (M_PI * 0.147) + log / 2;
  Tensor x = sign(y) * sqrt(sqrt(square(c) - log / 0.147) - c);
  for (int i = 0; i < 4; ++i) x = x - (erf(x) - y) * exp(square(x)) * (std::sqrt(M_PI) / 2);
  return x;
}
void trunc_normal_(const Tensor& t, double mean, double std, double a, double b,
                   SourceLocation location) {
  const Call call{"trunc_normal_", location};
  require(a < b && std > 0, call, "expected a < b and a standard deviation above 0, got a = ", a,
          ", b = ", b, ", std = ", std);
  const NoGrad off;
  const auto below = [&](double x) { return std::erf((x - mean) / std / std::sqrt(2)); };
  const Tensor y = uniform(below(a), below(b), t.shape(),
                           {.dtype = DType::float64, .device = "cpu"}),
               x = inverse_erf(clamp(y, -1 + 0x1p-53, 1 - 0x1p-53)) * (std * std::sqrt(2)) + mean;
  Tensor(t).copy_(clamp(x, a, b));
}
/// Gram and Schmidt, twice for each row, on normal values in float64.
void orthogonal_(const Tensor& t, double gain, SourceLocation location) {
  fans(t.shape(), location);  // checks the rank
  const std::int64_t rows = t.size(0), columns = t.numel() / std::max<std::int64_t>(rows, 1);
  const NoGrad off;
  const Tensor q = randn({std::min(rows, columns), std::max(rows, columns)},
                         {.dtype = DType::float64, .device = "cpu"});
  for (std::int64_t i = 0; i < q.size(0); ++i) {
    Tensor row = q.select(0, i);
    const Tensor before = q.narrow(0, 0, i);
    for (int k = 0; k < 2 && i > 0; ++k) row.sub_(mv(before.t(), mv(before, row)));
    row.div_(norm(row));
  }
  Tensor(t).copy_(reshape((rows > columns ? q.t() : q) * gain, t.shape()));
}
void dirac_(const Tensor& t, std::int64_t groups, SourceLocation location) {
  const Call call{"dirac_", location};
  require<ShapeError>(t.dim() >= 3 && groups >= 1 && t.size(0) % groups == 0, call,
                      "expected a weight [out, in, ...] of a convolution, out a multiple of ",
                      groups, ", got ", t.shape());
  zeros_(t);
  Tensor middle = t.detach();
  for (int d = 2; d < t.dim(); ++d) middle = middle.select(2, t.size(d) / 2);
  for (const Tensor& group : chunk(middle, groups)) eye_(group, location);
}
void eye_(const Tensor& t, SourceLocation location) {
  require<ShapeError>(t.dim() == 2, Call{"eye_", location}, "expected a matrix, got ", t.shape());
  const NoGrad off;
  Tensor(t).copy_(eye(t.size(0), t.size(1)));
}

}  // namespace tinygrad::nn::init
