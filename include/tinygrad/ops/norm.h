// SPDX-License-Identifier: MIT
// Normalization by the mean and variance of channels (batch_norm) or rows (layer_norm).
#pragma once
#include <optional>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// The output of batch_norm, with the mean and the (biased) variance of the batch [C], which have
/// no gradient.
struct BatchNormResult {
  Tensor y, mean, var;
};
/// Training mode: y = (x - mean) / sqrt(var + eps) weight + bias for each channel of x [N, C, ...].
/// weight and bias are [C] or {}. The variance is computed from 1 / sqrt(var + eps), so that it is
/// exact to about 1e-7 of var + eps. weight and bias must have the dtype of x, which y has too; or
/// be float32 if x is float16 or bfloat16: then mean and var are float32. Ioffe and Szegedy 2015.
TINYGRAD_API BatchNormResult batch_norm(In x, In weight = {}, In bias = {}, double eps = 1e-5);
/// Inference mode: y = (x - running_mean) / sqrt(running_var + eps) weight + bias for each channel.
TINYGRAD_API Tensor batch_norm_inference(In x, In running_mean, In running_var, In weight, In bias,
                                         double eps = 1e-5);
/// (x - mean) / sqrt(var + eps) weight + bias, with mean and (biased) variance over the last
/// dimensions of x, which must have the sizes `shape`. weight and bias have that shape, and the
/// dtype of x unless an Autocast converts, or are {}.
/// Ba, Kiros and Hinton 2016.
TINYGRAD_API Tensor layer_norm(In x, const Shape& shape, In weight = {}, In bias = {},
                               double eps = 1e-5);
/// As layer_norm, for each of `groups` groups of neighbouring channels of x [N, C, ...]; weight and
/// bias [C]. Wu and He 2018.
TINYGRAD_API Tensor group_norm(In x, std::int64_t groups, In weight = {}, In bias = {},
                               double eps = 1e-5);
/// As layer_norm, for each channel of each sample of x [N, C, ...]; weight and bias [C]. Ulyanov et
/// al. 2016.
TINYGRAD_API Tensor instance_norm(In x, In weight = {}, In bias = {}, double eps = 1e-5);
/// y = x / sqrt(mean(x²) + eps) ⊙ weight over the last dimensions, whose sizes are `shape`. Without
/// eps it is the machine epsilon of x's dtype. Zhang and Sennrich 2019.
TINYGRAD_API Tensor rms_norm(In x, const Shape& shape, In weight = {},
                             std::optional<double> eps = {});
/// y_c = x_c / (k + alpha m)^beta for each channel c of x [N, C, ...], where m is the mean of x²
/// over the `size` channels around c (zeros beyond the ends). Krizhevsky et al. 2012.
TINYGRAD_API Tensor local_response_norm(In x, std::int64_t size, double alpha = 1e-4,
                                        double beta = 0.75, double k = 1);
/// y = x / max(‖x‖_p, eps) along dim.
TINYGRAD_API Tensor normalize(In x, double p = 2, int dim = 1, double eps = 1e-12);

}  // namespace tinygrad
