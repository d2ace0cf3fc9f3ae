// Normalization layers.
#pragma once
#include <optional>

#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

struct BatchNormOptions {
  double eps = 1e-5;
  std::optional<double> momentum =
      0.1;  ///< the newest batch's share of the running statistics; none: all batches count alike
  bool affine = true;  ///< weight and bias
  bool track_running_stats =
      true;  ///< without them, evaluation too uses the batch's own statistics
};
/// Normalizes each channel of x [N, C, H, W]: in training with the batch's mean and variance, in
/// evaluation with the running ones.
class TINYGRAD_API BatchNorm2d : public Module {
 public:
  explicit BatchNorm2d(std::int64_t features, const BatchNormOptions& options = {},
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
  bool affine = true;
};
/// Normalizes over the last dimensions, those of `shape`.
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
