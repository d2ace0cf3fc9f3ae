// SPDX-License-Identifier: MIT
// Normalization layers.
#pragma once
#include <optional>

#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

struct BatchNormOptions {
  double eps = 1e-5;
  /// The weight of the newest batch in the running statistics; nullopt: the average of all batches.
  std::optional<double> momentum = 0.1;
  bool affine = true;  ///< have weight and bias
  /// Keep running statistics; without them, evaluation mode also uses those of the batch.
  bool track_running_stats = true;
};
/// Normalizes each channel of x [N, C, H, W]: in training mode with the mean and variance of the
/// batch, in evaluation mode with the running statistics. weight, bias, running_mean and
/// running_var are [C]. See batch_norm.
class TINYGRAD_API BatchNorm2d : public Module {
 public:
  explicit BatchNorm2d(std::int64_t num_features, const BatchNormOptions& options = {},
                       SourceLocation location = SourceLocation::current());
  Parameter weight, bias;
  Buffer running_mean, running_var, num_batches_tracked;

 private:
  Tensor forward(const Tensor& x) override;
  BatchNorm2d(const Shape& features, const BatchNormOptions& options);
  void track(const Tensor& mean, const Tensor& var, double unbias);
  std::int64_t features_;
  BatchNormOptions options_;
};

struct LayerNormOptions {
  double eps = 1e-5;
  bool affine = true;  ///< have weight and bias
};
/// Normalizes over the last dimensions, which must have the sizes `shape`. weight and bias have
/// that shape. See layer_norm.
class TINYGRAD_API LayerNorm : public Module {
 public:
  explicit LayerNorm(const Shape& shape, const LayerNormOptions& options = {},
                     SourceLocation location = SourceLocation::current());
  explicit LayerNorm(std::int64_t features, const LayerNormOptions& options = {},
                     SourceLocation location = SourceLocation::current());
  Parameter weight, bias;

 private:
  Tensor forward(const Tensor& x) override;
  Shape shape_;
  double eps_;
};

}  // namespace tinygrad::nn
