// SPDX-License-Identifier: MIT
// Random draws from distributions, with the values of rand() and randn() or words of the thread's
// generator (random.h). Draws have no gradient: write mean + std * randn_like(std) if they must.
#pragma once
#include "tinygrad/ops/create.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// 1 with probability p[i], otherwise 0, in the shape and dtype of p. Outside [0, 1], p acts like
/// the nearer limit; NaN gives 0.
TINYGRAD_API Tensor bernoulli(In p);
/// 1 with probability p, otherwise 0, in the shape and dtype of x.
TINYGRAD_API Tensor bernoulli(In x, double p);
/// mean + std z for standard normal z, in the shape that mean and std broadcast to.
TINYGRAD_API Tensor normal(In mean, In std);
TINYGRAD_API Tensor normal(In mean, double std = 1);
TINYGRAD_API Tensor normal(double mean, In std);
/// The density rate exp(-rate x), x >= 0.
TINYGRAD_API Tensor exponential(double rate, const Shape& shape, const TensorOptions& options = {},
                                SourceLocation location = SourceLocation::current());
/// The number of trials up to the first success, each with probability p: 1, 2, ...
TINYGRAD_API Tensor geometric(double p, const Shape& shape, const TensorOptions& options = {},
                              SourceLocation location = SourceLocation::current());
/// The density sigma / (pi (sigma² + (x - median)²)).
TINYGRAD_API Tensor cauchy(double median, double sigma, const Shape& shape,
                           const TensorOptions& options = {},
                           SourceLocation location = SourceLocation::current());
/// exp(mean + std z) for standard normal z.
TINYGRAD_API Tensor log_normal(double mean, double std, const Shape& shape,
                               const TensorOptions& options = {},
                               SourceLocation location = SourceLocation::current());
/// `samples` positions 0 ... C - 1 for each row of weights [C] or [N, C], drawn with probabilities
/// proportional to the row: int64 [samples] or [N, samples]. Without replacement, no position is
/// drawn twice. The host reads the weights, in float64. Throws ArgumentError if a weight is
/// negative or not finite, or if a row has not enough positive weights.
TINYGRAD_API Tensor multinomial(In weights, std::int64_t samples, bool replacement = false);

}  // namespace tinygrad
