// SPDX-License-Identifier: MIT
// Activation functions that are formulas of other ops. relu, elu, selu, gelu, silu, softplus,
// hardtanh, mish, leaky_relu and sigmoid are in ops/elementwise.h, softmax in ops/softmax.h.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// clamp(x, 0, 6) whose derivative at the borders is 0.
TINYGRAD_API Tensor relu6(In x);
/// x, or alpha (exp(x / alpha) - 1) below 0. Barron 2017.
TINYGRAD_API Tensor celu(In x, double alpha = 1);
/// x, or weight x at and below 0. weight [] or [1], or [C] for x [N, C, ...]. He et al. 2015.
TINYGRAD_API Tensor prelu(In x, In weight);
/// x, or slope x at and below 0, with a random slope from lower ... upper for each element if
/// `training`, otherwise their mean. Xu et al. 2015.
TINYGRAD_API Tensor rrelu(In x, double lower = 1. / 8, double upper = 1. / 3,
                          bool training = false);
/// a sigmoid(b) for the halves a and b of x along dim. Dauphin et al. 2017.
TINYGRAD_API Tensor glu(In x, int dim = -1);
/// gelu computes Φ exactly (none), or as sigmoid(sqrt(8 / π) (x + 0.044715 x³)) (tanh).
enum class GeluApproximation { none, tanh };
TINYGRAD_API Tensor gelu(In x, GeluApproximation approximation);
/// x sigmoid(1.702 x), a coarser approximation of gelu. Hendrycks and Gimpel 2016.
TINYGRAD_API Tensor quick_gelu(In x);
/// relu6(x + 3) / 6.
TINYGRAD_API Tensor hardsigmoid(In x);
/// x relu6(x + 3) / 6. Howard et al. 2019.
TINYGRAD_API Tensor hardswish(In x);
/// x, but 0 where |x| <= lambda.
TINYGRAD_API Tensor hardshrink(In x, double lambda = 0.5);
/// x - lambda above lambda, x + lambda below -lambda, and 0 between.
TINYGRAD_API Tensor softshrink(In x, double lambda = 0.5);
/// x - tanh(x).
TINYGRAD_API Tensor tanhshrink(In x);
/// x / (1 + |x|).
TINYGRAD_API Tensor softsign(In x);
/// log(sigmoid(x)).
TINYGRAD_API Tensor logsigmoid(In x);
/// x, or `value` where x <= threshold.
TINYGRAD_API Tensor threshold(In x, Scalar threshold, Scalar value);
/// softmax(-x).
TINYGRAD_API Tensor softmin(In x, int dim);

}  // namespace tinygrad
