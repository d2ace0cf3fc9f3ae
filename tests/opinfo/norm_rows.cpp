// SPDX-License-Identifier: MIT
// Rows: batch and layer normalization, and dropout.
#include "table.h"

namespace opinfo {
namespace {

/// The arguments of F.batch_norm(x, running_mean, running_var, weight, bias, training, momentum,
/// eps) or of native_batch_norm(x, weight, bias, running_mean, running_var, training, ...).
struct BatchNormArguments {
  Tensor x, mean, var, weight, bias;
  bool training;
  double eps;
};
BatchNormArguments batch_norm_arguments(Sample& x, bool native) {
  const std::size_t statistics = native ? 2 : 0, affine = native ? 0 : 2;
  x.find(5, "momentum");  // of the running statistics, which are not compared
  return {.x = x.input(),
          .mean = x.tensor(statistics, "running_mean"),
          .var = x.tensor(statistics + 1, "running_var"),
          .weight = x.tensor(affine, "weight"),
          .bias = x.tensor(affine + 1, "bias"),
          .training = x.flag(4, native ? "train" : "training"),
          .eps = x.real(6, "eps", 1e-5)};
}

Tensors batch_norm_row(Sample& x) {
  const auto a = batch_norm_arguments(x, false);
  if (a.training) return batch_norm(a.x, a.weight, a.bias, a.eps).y;
  return batch_norm_inference(a.x, a.mean, a.var, a.weight, a.bias, a.eps);
}
/// Also returns the mean and 1 / sqrt(var + eps).
Tensors native_batch_norm_row(Sample& x) {
  const auto a = batch_norm_arguments(x, true);
  if (!a.training) return batch_norm_inference(a.x, a.mean, a.var, a.weight, a.bias, a.eps);
  const auto result = batch_norm(a.x, a.weight, a.bias, a.eps);
  return {result.y, result.mean, rsqrt(result.var + a.eps)};
}

Tensor layer_norm_row(Sample& x) {
  return layer_norm(x.input(), x.dims(0, "normalized_shape"), x.tensor(1, "weight"),
                    x.tensor(2, "bias"), x.real(3, "eps", 1e-5));
}

Tensor dropout_row(Sample& x) {
  x.only(2, "inplace", false);
  return dropout(x.input(), x.real(0, "p", 0.5), x.flag(1, "training", true));
}

}  // namespace

Rows norm_rows() {
  return {{"nn.functional.batch_norm", batch_norm_row},
          {"nn.functional.batch_norm.without_cudnn", batch_norm_row},
          {"native_batch_norm", native_batch_norm_row},
          {"nn.functional.layer_norm", layer_norm_row},
          {"native_layer_norm", layer_norm_row},
          {"nn.functional.dropout", dropout_row}};
}

}  // namespace opinfo
