// Normalization by the mean and variance of channels or rows.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// Training mode: (x - mean) / sqrt(var + eps) weight + bias, by channel of x [N, C, ...]; also the
/// batch's mean and (biased) variance, which have no gradient; the variance comes from 1 / sqrt(var
/// + eps), so it is exact to some 1e-7 of var + eps. weight and bias [C] or {}. Ioffe and Szegedy
/// 2015.
struct BatchNormResult {
  Tensor y, mean, var;
};
/// y has the dtype that x, weight and bias have in common; of x in 16 bits beside float32 it has
/// x's, and mean and var are float32.
TINYGRAD_API BatchNormResult batch_norm(In x, In weight = {}, In bias = {}, double eps = 1e-5);
/// Inference mode: (x - running_mean) / sqrt(running_var + eps) weight + bias, by channel.
TINYGRAD_API Tensor batch_norm_inference(In x, In running_mean, In running_var, In weight, In bias,
                                         double eps = 1e-5);
/// Over the last dimensions, those of `shape`. weight and bias of that shape or {}. Ba, Kiros and
/// Hinton 2016.
TINYGRAD_API Tensor layer_norm(In x, const Shape& shape, In weight = {}, In bias = {},
                               double eps = 1e-5);

}  // namespace tinygrad
