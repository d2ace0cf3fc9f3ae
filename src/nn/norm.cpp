// SPDX-License-Identifier: MIT
// The normalization layers; batch norm has running statistics.
#include "tinygrad/nn/norm.h"

#include "nn/default_init.h"
#include "tinygrad/autograd.h"
#include "tinygrad/op.h"
#include "tinygrad/ops.h"

namespace tinygrad::nn {

static Shape checked_shape(const Shape& shape, double eps, const Call& call) {
  require<ShapeError>(shape.rank() > 0, call, "expected at least one dimension");
  for (auto size : shape) positive(call, "each size", size);
  require(eps >= 0, call, "eps must not be negative, it is ", eps);
  return shape;
}

static std::pair<Tensor, Tensor> ones_and_zeros(const Call& call, const Shape& shape, double eps,
                                                bool weight, bool bias) {
  checked_shape(shape, eps, call);
  return {weight ? ones(shape) : Tensor(), bias ? zeros(shape) : Tensor()};
}

BatchNorm1d::BatchNorm1d(std::int64_t n, const BatchNormOptions& o, SourceLocation location)
    : BatchNorm(1, checked_shape({n}, o.eps, {"BatchNorm1d", location}), o) {}
BatchNorm2d::BatchNorm2d(std::int64_t n, const BatchNormOptions& o, SourceLocation location)
    : BatchNorm(2, checked_shape({n}, o.eps, {"BatchNorm2d", location}), o) {}

BatchNorm::BatchNorm(int spatial, const Shape& shape, const BatchNormOptions& o)
    : weight(o.affine ? add("weight", ones(shape)) : Parameter()),
      bias(o.affine ? add("bias", zeros(shape)) : Parameter()),
      running_mean(o.track_running_stats ? add_buffer("running_mean", zeros(shape)) : Buffer()),
      running_var(o.track_running_stats ? add_buffer("running_var", ones(shape)) : Buffer()),
      num_batches_tracked(o.track_running_stats ? add_buffer("num_batches_tracked",
                                                             zeros({}, {.dtype = DType::int64}))
                                                : Buffer()),
      spatial_(spatial),
      features_(shape[0]),
      options_(o) {}

void BatchNorm::check(const Tensor& x) const {
  const bool is_rank_right = x.dim() == spatial_ + 2 || (spatial_ == 1 && x.dim() == 2);
  const std::string c = std::to_string(features_);
  require<ShapeError>(is_rank_right && x.shape()[1] == features_, "batch_norm",
                      "expected x of shape [N, ", c,
                      spatial_ == 1 ? "] or [N, " + c + ", L]" : ", H, W]", ", got ", x.shape(),
                      spatial_ == 2 && x.dim() == 2   ? "; BatchNorm1d takes rows"
                      : spatial_ == 2 && x.dim() == 3 ? "; unsqueeze(0) makes a batch of one image"
                                                      : "");
}

Tensor BatchNorm::forward(const Tensor& x) {
  check(x);
  if (!training() && options_.track_running_stats)
    return batch_norm_inference(x, running_mean, running_var, weight, bias, options_.eps);
  const std::int64_t n = x.numel() / features_;
  require<ShapeError>(!training() || n > 1, "batch_norm", "x is ", x.shape(), ": the variance of ",
                      n == 0 ? "no" : "one",
                      " value per channel is not defined in training mode; "
                      "use a larger batch, or eval()");
  const BatchNormResult batch = batch_norm(x, weight, bias, options_.eps);
  if (training() && options_.track_running_stats) {
    const NoGrad off;
    Tensor(num_batches_tracked).add_(1);
    track(batch.mean, batch.var, double(n) / double(n - 1));
  }
  return batch.y;
}

void BatchNorm::track(const Tensor& mean, const Tensor& var, double unbias) {
  const NoGrad off;
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

using X = const Tensor&;

LayerNorm::LayerNorm(const Shape& shape, const LayerNormOptions& o, SourceLocation location)
    : WeightedLambda(
          ones_and_zeros({"LayerNorm", location}, shape, o.eps, o.affine, o.affine && o.bias),
          [shape, eps = o.eps](X x, X w, X b) { return layer_norm(x, shape, w, b, eps); }) {}

GroupNorm::GroupNorm(std::int64_t groups, std::int64_t channels, const GroupNormOptions& o,
                     SourceLocation location)
    : WeightedLambda(
          ones_and_zeros({"GroupNorm", location}, {channels}, o.eps, o.affine, o.affine),
          [groups, eps = o.eps](X x, X w, X b) { return group_norm(x, groups, w, b, eps); }) {
  require(groups >= 1 && channels % groups == 0, Call{"GroupNorm", location}, channels,
          " channels cannot be split into ", groups, " groups");
}

InstanceNorm::InstanceNorm(int spatial, std::int64_t features, const InstanceNormOptions& o,
                           const Call& call)
    : BatchNorm(spatial, checked_shape({features}, o.eps, call),
                {o.eps, o.momentum, o.affine, o.track_running_stats}) {}

Tensor InstanceNorm::forward(const Tensor& given) {
  const int channel = given.dim() - spatial_ - 1;
  require<ShapeError>((channel == 0 || channel == 1) && given.shape()[channel] == features_,
                      "instance_norm", "expected x of shape [N, ", features_,
                      spatial_ == 1 ? ", L]" : ", H, W]", ", with or without N, got ",
                      given.shape());
  const Tensor x = channel == 1 ? given : unsqueeze(given, 0);
  const bool is_inference = !training() && options_.track_running_stats;
  const Tensor y =
      is_inference ? batch_norm_inference(x, running_mean, running_var, weight, bias, options_.eps)
                   : instance_norm(x, weight, bias, options_.eps);
  if (training() && options_.track_running_stats) {
    const NoGrad off;
    const VarMean each = var_mean(flatten(x, 2), 2);
    track(mean(each.mean, 0), mean(each.var, 0), 1);
  }
  return channel == 1 ? y : squeeze(y, 0);
}
InstanceNorm1d::InstanceNorm1d(std::int64_t n, const InstanceNormOptions& o, SourceLocation line)
    : InstanceNorm(1, n, o, {"InstanceNorm1d", line}) {}
InstanceNorm2d::InstanceNorm2d(std::int64_t n, const InstanceNormOptions& o, SourceLocation line)
    : InstanceNorm(2, n, o, {"InstanceNorm2d", line}) {}

RMSNorm::RMSNorm(const Shape& shape, const RMSNormOptions& o, SourceLocation location)
    : WeightedLambda(
          ones_and_zeros({"RMSNorm", location}, shape, o.eps.value_or(0), o.affine, false),
          [shape, eps = o.eps](X x, X w, X) { return rms_norm(x, shape, w, eps); }) {}

Tensor weight_norm(In v, In g, int dim) {
  return *v *
         (*g /
          vector_norm(reshape(movedim(*v, dim, 0), {v->size(dim), -1}), 2, 1).reshape(g->shape()));
}

Tensor spectral_norm(In weight, Tensor u, Tensor v, const SpectralNormOptions& o) {
  const Call call{"spectral_norm", weight.location};
  const std::int64_t rows = weight->size(o.dim, weight.location), all = weight->numel();
  require<ShapeError>(rows > 0 && u.shape() == Shape{rows} && v.shape() == Shape{all / rows}, call,
                      "expected u [", rows, "] and v [", rows > 0 ? all / rows : 0,
                      "] for the weight ", weight->shape(), ", got ", u.shape(), " and ",
                      v.shape());
  const Tensor w = reshape(movedim(*weight, o.dim, 0), {rows, all / rows});
  if (o.training) {
    const NoGrad off;
    for (int i = 0; i < o.n_power_iterations; ++i) {
      v.copy_(normalize(matmul(transpose(w, 0, 1), u), 2, 0, o.eps));
      u.copy_(normalize(matmul(w, v), 2, 0, o.eps));
    }
  }
  return *weight / dot(u.clone(), matmul(w, v.clone()));
}

}  // namespace tinygrad::nn
