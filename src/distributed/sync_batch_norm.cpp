// SPDX-License-Identifier: MIT
// Batch norm by sums over ranks: y = (x - mean) / sqrt(var + eps) weight + bias, for each channel.
#include "tinygrad/distributed/sync_batch_norm.h"

#include "tinygrad/autograd.h"
#include "tinygrad/distributed/conjugate.h"
#include "tinygrad/ops.h"

namespace tinygrad::distributed {
namespace {

/// Σ x over all ranks, which each rank uses in its own way: the gradient is summed too.
Tensor sum_over_ranks(const Tensor& x, const Group& group) {
  return copy_to_group(sum_from_group(x, group), group);
}

}  // namespace

SyncBatchNorm::SyncBatchNorm(int spatial, std::int64_t features,
                             const nn::BatchNormOptions& options, const Group& group,
                             SourceLocation location)
    : BatchNorm(spatial, {features}, options), group_(group) {
  require(features > 0 && options.eps >= 0, {"SyncBatchNorm", location}, "got ", features,
          " features and eps = ", options.eps, "; features must be positive, eps not negative");
}

Tensor SyncBatchNorm::forward(const Tensor& x) {
  require<ShapeError>(
      (x.dim() == spatial_ + 2 || (spatial_ == 1 && x.dim() == 2)) && x.shape()[1] == features_,
      "sync_batch_norm", "expected x of shape [N, ", features_,
      spatial_ == 1 ? "] or [N, C, L]" : ", H, W]", ", got ", x.shape());
  if (!training() && options_.track_running_stats)
    return batch_norm_inference(x, running_mean, running_var, weight, bias, options_.eps);
  const Tensor rows = reshape(movedim(x.to(is_half(x.dtype()) ? float32 : x.dtype()), 1, 0),
                              {features_, -1});  // [C, values of this rank]
  const Tensor own = full({1}, rows.size(1), {.dtype = float64, .device = "cpu"});
  const double n = sum_from_group(own, group_).item<double>();
  require<ShapeError>(n > 1, "sync_batch_norm",
                      "the variance of one value per channel is not defined; use a larger batch");
  const Tensor mean = sum_over_ranks(sum(rows, 1), group_) / n;
  const Tensor centered = rows - unsqueeze(mean, 1);
  const Tensor var = sum_over_ranks(sum(square(centered), 1), group_) / n;
  if (training() && options_.track_running_stats) {
    const NoGrad off;
    Tensor(num_batches_tracked).add_(1);
    track(mean, var, n / (n - 1));
  }
  Tensor y = centered * unsqueeze(rsqrt(var + options_.eps), 1);
  if (weight.defined()) y = y * unsqueeze(weight, 1) + unsqueeze(bias, 1);
  Shape shape = x.shape();
  shape.erase(1);
  shape.insert(0, features_);
  return movedim(reshape(y, shape), 0, 1).to(x.dtype());
}

SyncBatchNorm1d::SyncBatchNorm1d(std::int64_t n, const nn::BatchNormOptions& o, const Group& group,
                                 SourceLocation location)
    : SyncBatchNorm(1, n, o, group, location) {}
SyncBatchNorm2d::SyncBatchNorm2d(std::int64_t n, const nn::BatchNormOptions& o, const Group& group,
                                 SourceLocation location)
    : SyncBatchNorm(2, n, o, group, location) {}

}  // namespace tinygrad::distributed
