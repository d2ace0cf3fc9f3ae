// How parameters begin. Numbers are drawn from the calling thread's generator (random.h), so
// manual_seed() fixes them.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad::nn::init {

/// The functions that gains are known for.
enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };
/// By how much a layer's weights grow to make up for what the function after it takes; slope is
/// leaky_relu's.
TINYGRAD_API double gain(Nonlinearity nonlinearity, double slope = 0.01);

/// How many numbers each output is made from, and how many outputs each input goes to: of a weight
/// [out, in, ...].
struct Fans {
  std::int64_t in, out;
};
/// Throws ShapeError below rank 2.
TINYGRAD_API Fans fans(const Shape& weight, SourceLocation location = SourceLocation::current());

enum class FanMode { fan_in, fan_out };
struct KaimingOptions {
  double a = 0;  ///< the slope of leaky_relu
  FanMode mode = FanMode::fan_in;
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;
};

// Each writes over the tensor's values, also where it requires a gradient, and is not recorded.
TINYGRAD_API void uniform_(const Tensor& t, double low = 0, double high = 1);
TINYGRAD_API void normal_(const Tensor& t, double mean = 0, double std = 1);
TINYGRAD_API void constant_(const Tensor& t, Scalar value);
TINYGRAD_API void zeros_(const Tensor& t);
TINYGRAD_API void ones_(const Tensor& t);
/// Standard deviation gain / sqrt(fan). He et al. 2015.
TINYGRAD_API void kaiming_uniform_(const Tensor& t, const KaimingOptions& options = {},
                                   SourceLocation location = SourceLocation::current());
TINYGRAD_API void kaiming_normal_(const Tensor& t, const KaimingOptions& options = {},
                                  SourceLocation location = SourceLocation::current());
/// Standard deviation gain sqrt(2 / (fan in + fan out)). Glorot and Bengio 2010.
TINYGRAD_API void xavier_uniform_(const Tensor& t, double gain = 1,
                                  SourceLocation location = SourceLocation::current());
TINYGRAD_API void xavier_normal_(const Tensor& t, double gain = 1,
                                 SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::nn::init
