// SPDX-License-Identifier: MIT
// Normalization layers.
#pragma once
#include <optional>

#include "tinygrad/nn/layers.h"

namespace tinygrad::nn {

#define NORMALIZATION(Name, Base, Options, ...)                         \
  struct TINYGRAD_API Name : Base {                                     \
    explicit Name(__VA_ARGS__, const Options& options = {},             \
                  SourceLocation location = SourceLocation::current()); \
  }

struct BatchNormOptions {
  double eps = 1e-5;
  /// The weight of the newest batch in the running statistics; nullopt: the average of all batches.
  std::optional<double> momentum = 0.1;
  bool affine = true;  ///< have weight and bias
  /// Keep running statistics; without them, evaluation mode also uses those of the batch.
  bool track_running_stats = true;
};
/// The base of the next two. Normalizes each channel of x: in training mode with the mean and
/// variance of the batch, in evaluation mode with the running statistics. weight, bias,
/// running_mean and running_var are [num_features]. See batch_norm.
class TINYGRAD_API BatchNorm : public Module {
 public:
  Parameter weight, bias;
  Buffer running_mean, running_var, num_batches_tracked;

 protected:
  BatchNorm(int spatial, const Shape& features, const BatchNormOptions& options);
  /// running = (1 - momentum) running + momentum new, for the mean and the unbiased variance.
  void track(const Tensor& mean, const Tensor& var, double unbias);
  int spatial_;
  std::int64_t features_;
  BatchNormOptions options_;

 private:
  Tensor forward(const Tensor& x) override;
  void check(const Tensor& x) const;
};
/// BatchNorm of x [N, C] or [N, C, L].
NORMALIZATION(BatchNorm1d, BatchNorm, BatchNormOptions, std::int64_t num_features);
/// BatchNorm of x [N, C, H, W].
NORMALIZATION(BatchNorm2d, BatchNorm, BatchNormOptions, std::int64_t num_features);

struct LayerNormOptions {
  double eps = 1e-5;
  bool affine = true;  ///< have weight and bias
  bool bias = true;    ///< false: have a weight alone
};
/// Normalizes over the last dimensions, which must have the sizes `shape`. weight and bias have
/// that shape. See layer_norm.
NORMALIZATION(LayerNorm, WeightedLambda, LayerNormOptions, const Shape& shape);

struct GroupNormOptions {
  double eps = 1e-5;
  bool affine = true;  ///< have weight and bias
};
/// Normalizes each of num_groups groups of channels of x [N, num_channels, ...]. weight and bias
/// are [num_channels]. See group_norm.
NORMALIZATION(GroupNorm, WeightedLambda, GroupNormOptions, std::int64_t num_groups,
              std::int64_t num_channels);

struct InstanceNormOptions {
  double eps = 1e-5;
  bool affine = false;  ///< have weight and bias
  /// Keep running statistics, the means of those of the samples, for evaluation mode.
  bool track_running_stats = false;
  double momentum = 0.1;  ///< the weight of the newest batch in them
};
/// The base of the next two.
class TINYGRAD_API InstanceNorm : public BatchNorm {
 protected:
  InstanceNorm(int spatial, std::int64_t features, const InstanceNormOptions& options,
               const Call& call);

 private:
  Tensor forward(const Tensor& x) override;
};
/// Normalizes each channel of each sample of x [N, C, L] or [C, L]. weight and bias are [C]. See
/// instance_norm.
NORMALIZATION(InstanceNorm1d, InstanceNorm, InstanceNormOptions, std::int64_t num_features);
/// The same of images, x [N, C, H, W] or [C, H, W].
NORMALIZATION(InstanceNorm2d, InstanceNorm, InstanceNormOptions, std::int64_t num_features);

struct RMSNormOptions {
  std::optional<double> eps = {};  ///< if it is not set: the machine epsilon of x's dtype
  bool affine = true;              ///< have a weight
};
/// Divides by the root mean square over the last dimensions, which must have the sizes `shape`, as
/// weight has. See rms_norm.
NORMALIZATION(RMSNorm, WeightedLambda, RMSNormOptions, const Shape& shape);
#undef NORMALIZATION

/// g v / ‖v‖, with norms over all dimensions of v but dim; g has size 1 in all of those. A module
/// that add()s "weight_g" and "weight_v" computes its weight so. Salimans and Kingma 2016.
TINYGRAD_API Tensor weight_norm(In v, In g, int dim = 0);

struct SpectralNormOptions {
  bool training = true;  ///< improve u and v by n_power_iterations, in place
  int n_power_iterations = 1;
  double eps = 1e-12;
  int dim = 0;
};
/// weight / σ with the largest singular value σ = uᵀ W v, where W is the weight with dimension dim
/// as rows [R] and all others as columns [K]. A module that add()s "weight_orig" and the buffers
/// "weight_u" [R] and "weight_v" [K], of random unit vectors, computes its weight so. Miyato et al.
/// 2018.
TINYGRAD_API Tensor spectral_norm(In weight, Tensor u, Tensor v,
                                  const SpectralNormOptions& options = {});

}  // namespace tinygrad::nn
