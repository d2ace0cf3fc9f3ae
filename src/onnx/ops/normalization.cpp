// SPDX-License-Identifier: MIT
// Normalization by means and variances or by norms, and dropout.
#include "operator.h"
#include "tinygrad/autograd.h"

namespace tinygrad::onnx {
namespace {

/// The dimensions from `axis` on.
struct LastDims {
  Shape shape;
  Axes axes;
  LastDims(const NodeCall& n, const Tensor& x) {
    for (int i = axis_of(n, n.integer("axis", -1), x.dim()); i < x.dim(); ++i)
      shape.push_back(x.shape()[i]), axes.push_back(i);
  }
};
Tensor expanded(const Tensor& t, const Shape& shape) {
  return t.defined() ? t.expand(shape).contiguous() : t;
}

/// The outputs after y are the mean and the inverse standard deviation.
Tensors layer_normalization(const NodeCall& n) {
  const Tensor x = n[0];
  const LastDims last(n, x);
  const double eps = n.real("epsilon", 1e-5);
  const Tensor weight = expanded(n[1], last.shape), bias = expanded(n.optional(2), last.shape);
  const Tensor y = layer_norm(x, last.shape, weight, bias, eps);
  if (!n.wants(1) && !n.wants(2)) return y;
  const Tensor wide = is_half(x.dtype()) ? x.to(float32) : x;
  return {y, mean(wide, last.axes, keepdim), rsqrt(var(wide, last.axes, 0, keepdim) + eps)};
}
Tensors rms_normalization(const NodeCall& n) {
  const Tensor x = n[0];
  const LastDims last(n, x);
  return rms_norm(x, last.shape, expanded(n[1], last.shape), n.real("epsilon", 1e-5));
}
Tensors instance_normalization(const NodeCall& n) {
  return instance_norm(n[0], n[1], n[2], n.real("epsilon", 1e-5));
}
/// Scale and bias belong to groups before opset 21, to channels since.
Tensors group_normalization(const NodeCall& n) {
  const Tensor x = n[0];
  const std::int64_t groups = n.integer("num_groups", 1);
  n.check(groups > 0 && x.dim() >= 2 && x.size(1) % groups == 0, "num_groups is ", groups,
          " for x of shape ", x.shape());
  const auto for_channels = [&](const Tensor& t) {
    return n.opset() < 21 ? repeat_interleave(t, x.size(1) / groups) : t;
  };
  return group_norm(x, groups, for_channels(n[1]), for_channels(n[2]), n.real("epsilon", 1e-5));
}

/// Moves a running statistic towards that of the batch.
Tensor moved(const Tensor& running, const Tensor& batch, double momentum) {
  return running * momentum + batch.to(running.dtype()) * (1 - momentum);
}
/// In a module in training mode, the running statistics are written into.
Tensors batch_normalization(const NodeCall& n) {
  const Tensor x = n[0], running_mean = n[3], running_var = n[4];
  const double eps = n.real("epsilon", 1e-5), momentum = n.real("momentum", 0.9);
  const bool asks = n.integer("training_mode", n.opset() < 14 && n.wants(1)) != 0;
  if (!asks && !n.is_training())
    return batch_norm_inference(x, running_mean, running_var, n[1], n[2], eps);
  const BatchNormResult result = batch_norm(x, n[1], n[2], eps);
  const Tensor mean = moved(running_mean, result.mean, momentum),
               var = moved(running_var, result.var, momentum);
  if (n.is_training()) {
    const NoGrad off;
    Tensor(n.raw(3)).copy_(mean), Tensor(n.raw(4)).copy_(var);
  }
  return {result.y, mean, var};
}

Tensors norm_division(const NodeCall& n) {
  constexpr double tiny = 1e-37;
  return normalize(n[0], double(n.integer("p", 2)), int(n.integer("axis", -1)), tiny);
}
Tensors mean_variance_normalization(const NodeCall& n) {
  const Axes axes{Dims(n.ints("axes", Ints{0, 2, 3}))};
  const auto [std, mean] = std_mean(n[0], axes, 0, keepdim);
  return (n[0] - mean) / (std + 1e-9);
}
/// x / (bias + alpha / size Σ x²)^beta, with the sum over `size` neighbouring channels.
Tensors local_response_normalization(const NodeCall& n) {
  const Tensor x = n[0];
  const std::int64_t size = n.integer("size", 1);
  n.check(size > 0 && x.dim() >= 2, "the size is ", size, " for x of shape ", x.shape());
  Dims padding = Dims::filled(2 * (x.dim() - 1), 0);
  padding[-2] = (size - 1) / 2, padding[-1] = size / 2;
  const Tensor sums = sum(pad(square(x), padding).unfold(1, size, 1), -1);
  const Tensor base = sums * (n.real("alpha", 1e-4) / double(size)) + n.real("bias", 1);
  return x / pow(base, n.real("beta", 0.75));
}

/// The second output is true where an element is kept. The ratio is an attribute before opset 12.
Tensors drop(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  const bool asks = n.has(2) && n.scalar(2, false).boolean();
  const double ratio = n.has("ratio") ? n.real("ratio", 0.5) : n.scalar(1, 0.5).real();
  if ((!asks && !n.is_training()) || ratio == 0)
    return {x, n.wants(1) ? ones(x.shape(), n.options(boolean)) : Tensor()};
  const Tensor scale = dropout(ones_like(x), ratio);
  return {x * scale, scale != 0};
}

constexpr auto as_first = Result::as_first;
constexpr Operator table[] = {
    {"BatchNormalization", batch_normalization},
    {"Dropout", drop, as_first, host(1, 2)},
    {"GroupNormalization", group_normalization},
    {"InstanceNormalization", instance_normalization},
    {"LRN", local_response_normalization},
    {"LayerNormalization", layer_normalization},
    {"LpNormalization", norm_division},
    {"MeanVarianceNormalization", mean_variance_normalization},
    {"RMSNormalization", rms_normalization},
};

}  // namespace
Operators normalization_operators() { return table; }
}  // namespace tinygrad::onnx
