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

Tensor group_norm_row(Sample& x) {
  return group_norm(x.input(), x.integer(0, "num_groups", 1), x.tensor(1, "weight"),
                    x.tensor(2, "bias"), x.real(3, "eps", 1e-5));
}
Tensor instance_norm_row(Sample& x) {
  for (const char* name : {"running_mean", "running_var"})
    if (x.has_tensor(name[8] == 'm' ? 0 : 1, name)) throw Skip{"running statistics"};
  const Tensor weight = x.tensor(2, "weight"), bias = x.tensor(3, "bias");
  x.only(4, "use_input_stats", true);
  x.find(5, "momentum");
  return instance_norm(x.input(), weight, bias, x.real(6, "eps", 1e-5));
}
Tensor rms_norm_row(Sample& x) {
  const Dims shape = x.dims(0, "normalized_shape");
  const Tensor weight = x.tensor(1, "weight");
  if (!x.has(2, "eps")) return rms_norm(x.input(), shape, weight);
  return rms_norm(x.input(), shape, weight, x.real(2, "eps", 0));
}
Tensor normalize_row(Sample& x) {
  return normalize(x.input(), x.real(0, "p", 2), x.int_at(1, "dim", 1), x.real(2, "eps", 1e-12));
}

Tensor attention_row(Sample& x) {
  x.only(3, "dropout_p", 0.0);  // otherwise weights are dropped at random
  AttentionOptions options{.is_causal = x.flag(4, "is_causal"),
                           .enable_gqa = x.flag(6, "enable_gqa")};
  if (x.has(5, "scale")) options.scale = x.real(5, "scale", 1);
  return scaled_dot_product_attention(x.input(), x.tensor(0, "key"), x.tensor(1, "value"),
                                      x.tensor(2, "attn_mask"), options);
}

Tensor dropout_row(Sample& x) {
  x.only(2, "inplace", false);
  return dropout(x.input(), x.real(0, "p", 0.5), x.flag(1, "training", true));
}

/// `training`: the default.
Row other_dropout(Tensor (*f)(In, double, bool), bool training) {
  return [=](Sample& x) {
    x.only(2, "inplace", false);
    const double p = x.real(0, "p", 0.5);
    return f(x.input(), p, x.flag(1, "training", training));
  };
}

}  // namespace

Rows norm_rows() {
  return {{"nn.functional.batch_norm", batch_norm_row},
          {"nn.functional.batch_norm.without_cudnn", batch_norm_row},
          {"native_batch_norm", native_batch_norm_row},
          {"nn.functional.layer_norm", layer_norm_row},
          {"native_layer_norm", layer_norm_row},
          {"nn.functional.group_norm", group_norm_row},
          {"nn.functional.instance_norm", instance_norm_row},
          {"nn.functional.rms_norm", rms_norm_row},
          {"nn.functional.normalize", normalize_row},
          {"nn.functional.scaled_dot_product_attention", attention_row},
          {"nn.functional.local_response_norm",
           [](Sample& x) {
             return local_response_norm(x.input(), x.integer(0, "size", 1),
                                        x.real(1, "alpha", 1e-4), x.real(2, "beta", 0.75),
                                        x.real(3, "k", 1));
           }},
          {"nn.functional.dropout", dropout_row},
          {"nn.functional.dropout2d", other_dropout(dropout2d, true)},
          {"nn.functional.dropout3d", other_dropout(dropout3d, true)},
          {"nn.functional.alpha_dropout", other_dropout(alpha_dropout, false)},
          {"nn.functional.feature_alpha_dropout.with_train",
           other_dropout(feature_alpha_dropout, false)},
          {"nn.functional.feature_alpha_dropout.without_train",
           other_dropout(feature_alpha_dropout, false)}};
}

}  // namespace opinfo
