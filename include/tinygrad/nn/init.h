// SPDX-License-Identifier: MIT
// Functions that set the initial values of parameters. Random values come from the calling thread's
// generator (random.h), so that manual_seed() fixes them.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad::nn::init {

/// The activation functions that gain() knows.
enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };
/// The factor by which the weights of a layer must be larger so that the variance of activations
/// stays the same through the nonlinearity after it, as torch.nn.init.calculate_gain. `slope` is
/// that of leaky_relu.
TINYGRAD_API double gain(Nonlinearity nonlinearity, double slope = 0.01);
inline double calculate_gain(Nonlinearity n, double slope = 0.01) { return gain(n, slope); }

/// The fan-in and fan-out of a weight [out, in, ...]: the number of inputs of each output, and the
/// number of outputs of each input.
struct Fans {
  std::int64_t in, out;
};
/// Returns the fans of a weight of this shape. Throws ShapeError if its rank is below 2.
TINYGRAD_API Fans fans(const Shape& weight, SourceLocation location = SourceLocation::current());

enum class FanMode { fan_in, fan_out };
struct KaimingOptions {
  double a = 0;  ///< the negative slope of leaky_relu
  FanMode mode = FanMode::fan_in;
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;
};

// Each function below overwrites the values of a tensor, even if it requires a gradient, and is not
// recorded.

/// Uniform values on [low, high).
TINYGRAD_API void uniform_(const Tensor& t, double low = 0, double high = 1);
/// Normal values with this mean and standard deviation.
TINYGRAD_API void normal_(const Tensor& t, double mean = 0, double std = 1);
/// The same value everywhere.
TINYGRAD_API void constant_(const Tensor& t, Scalar value);
TINYGRAD_API void zeros_(const Tensor& t);
TINYGRAD_API void ones_(const Tensor& t);
/// Uniform values with standard deviation gain / sqrt(fan). He et al. 2015.
TINYGRAD_API void kaiming_uniform_(const Tensor& t, const KaimingOptions& options = {},
                                   SourceLocation location = SourceLocation::current());
/// Normal values with standard deviation gain / sqrt(fan). He et al. 2015.
TINYGRAD_API void kaiming_normal_(const Tensor& t, const KaimingOptions& options = {},
                                  SourceLocation location = SourceLocation::current());
/// Uniform values with standard deviation gain sqrt(2 / (fan_in + fan_out)). Glorot and Bengio
/// 2010.
TINYGRAD_API void xavier_uniform_(const Tensor& t, double gain = 1,
                                  SourceLocation location = SourceLocation::current());
/// Normal values with standard deviation gain sqrt(2 / (fan_in + fan_out)). Glorot and Bengio 2010.
TINYGRAD_API void xavier_normal_(const Tensor& t, double gain = 1,
                                 SourceLocation location = SourceLocation::current());
/// Normal values, of which those outside [a, b] are drawn again (by the inverse of the distribution
/// function).
TINYGRAD_API void trunc_normal_(const Tensor& t, double mean = 0, double std = 1, double a = -2,
                                double b = 2, SourceLocation location = SourceLocation::current());
/// t [m, n...] as a matrix of m rows: gain times rows (or columns, if there are more rows) that are
/// orthonormal, uniformly distributed. Saxe et al. 2013.
TINYGRAD_API void orthogonal_(const Tensor& t, double gain = 1,
                              SourceLocation location = SourceLocation::current());
/// Weights [out, in / groups, ...] of a convolution that keeps as many channels as it can: ones in
/// the middle of the filters of channel i for channel i of each group, and zeros.
TINYGRAD_API void dirac_(const Tensor& t, std::int64_t groups = 1,
                         SourceLocation location = SourceLocation::current());
/// The identity matrix, for t [m, n].
TINYGRAD_API void eye_(const Tensor& t, SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::nn::init
