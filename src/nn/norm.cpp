// SPDX-License-Identifier: MIT
// The layers BatchNorm2d, with its running statistics, and LayerNorm.
#include "tinygrad/nn/norm.h"

#include "nn/default_init.h"
#include "tinygrad/autograd.h"
#include "tinygrad/op.h"
#include "tinygrad/ops.h"

namespace tinygrad::nn {
namespace {

Shape checked_shape(const Shape& shape, double eps, const Call& call) {
  require<ShapeError>(shape.rank() > 0, call, "expected at least one dimension");
  for (auto size : shape) positive(call, "each size", size);
  require(eps >= 0, call, "eps must not be negative, it is ", eps);
  return shape;
}

}  // namespace

BatchNorm2d::BatchNorm2d(std::int64_t features, const BatchNormOptions& o, SourceLocation location)
    : BatchNorm2d(checked_shape({features}, o.eps, {"BatchNorm2d", location}), o) {}

BatchNorm2d::BatchNorm2d(const Shape& shape, const BatchNormOptions& o)
    : weight(o.affine ? add("weight", ones(shape)) : Parameter()),
      bias(o.affine ? add("bias", zeros(shape)) : Parameter()),
      running_mean(o.track_running_stats ? add_buffer("running_mean", zeros(shape)) : Buffer()),
      running_var(o.track_running_stats ? add_buffer("running_var", ones(shape)) : Buffer()),
      num_batches_tracked(o.track_running_stats ? add_buffer("num_batches_tracked",
                                                             zeros({}, {.dtype = DType::int64}))
                                                : Buffer()),
      features_(shape[0]),
      options_(o) {}

Tensor BatchNorm2d::forward(const Tensor& x) {
  if (x.dim() != 4 || x.shape()[1] != features_) [[unlikely]]
    fail<ShapeError>(
        "batch_norm", "expected x of shape [N, ", features_, ", H, W], got ", x.shape(),
        x.dim() == 2
            ? "; reshape({-1, " + std::to_string(features_) + ", 1, 1}) makes images of one pixel"
        : x.dim() == 3 ? "; unsqueeze(0) makes a batch of one image"
                       : std::string());
  if (!training() && options_.track_running_stats)
    return batch_norm_inference(x, running_mean, running_var, weight, bias, options_.eps);
  const std::int64_t n = x.numel() / features_;
  require<ShapeError>(!training() || n > 1, "batch_norm", "x is ", x.shape(), ": the variance of ",
                      n == 0 ? "no" : "one",
                      " value per channel is not defined in training mode; "
                      "use a larger batch, or eval()");
  const BatchNormResult batch = batch_norm(x, weight, bias, options_.eps);
  if (training() && options_.track_running_stats)
    track(batch.mean, batch.var, double(n) / double(n - 1));
  return batch.y;
}

/// running = (1 - momentum) running + momentum new, for the mean and the unbiased variance.
void BatchNorm2d::track(const Tensor& mean, const Tensor& var, double unbias) {
  const NoGrad off;
  Tensor(num_batches_tracked).add_(1);
  apply_update(
      {.name = "running_statistics",
       .inputs = {running_mean, running_var, mean.detach(), var.detach(), num_batches_tracked},
       .writes = 2,
       .formula = [&](const Tensors& in) {
         const auto mixed = [&](const auto& share) {
           return Tensors{in[0] * (1 - share) + in[2] * share,
                          in[1] * (1 - share) + in[3] * (unbias * share)};
         };
         return options_.momentum ? mixed(*options_.momentum)
                                  : mixed(ones_like(in[0]) / in[4].to(in[0].dtype()));
       }});
}

LayerNorm::LayerNorm(const Shape& shape, const LayerNormOptions& o, SourceLocation location)
    : weight(o.affine ? add("weight", ones(checked_shape(shape, o.eps, {"LayerNorm", location})))
                      : Parameter()),
      bias(o.affine ? add("bias", zeros(shape)) : Parameter()),
      shape_(checked_shape(shape, o.eps, {"LayerNorm", location})),
      eps_(o.eps) {}
LayerNorm::LayerNorm(std::int64_t features, const LayerNormOptions& o, SourceLocation location)
    : LayerNorm(Shape{features}, o, location) {}

Tensor LayerNorm::forward(const Tensor& x) { return layer_norm(x, shape_, weight, bias, eps_); }

}  // namespace tinygrad::nn
