// SPDX-License-Identifier: MIT
// The rows of ops that layers consist of: products, convolutions, norms, attention, recurrence.
#include "row.h"

namespace bench {
namespace {

/// The groups follow from x [N, C, H, W] and weight [O, C / groups, kh, kw].
tg::Conv2dOptions conv(const tg::Tensors& x, const Row& row) {
  return {.stride = int(row.number("stride", 1)),
          .padding = int(row.number("padding", 0)),
          .dilation = int(row.number("dilation", 1)),
          .groups = int(x[0].size(1) / x[1].size(1))};
}
Tensor resized(const Tensor& x, const Row& row) {
  const auto mode = row.word("mode") == "bilinear" ? tg::InterpolationMode::bilinear
                                                   : tg::InterpolationMode::nearest;
  return tg::interpolate(x, {.scale_factor = {2}, .mode = mode});
}

/// The outputs of all steps, and the gradients of the weights, for x [T, N, features].
Work lstm(const Row& row, const Setting& s) {
  const tg::Shape& shape = row.inputs[0].shape;
  auto net = std::make_shared<tg::nn::LSTM>(
      shape[2], row.number("hidden", shape[2]),
      tg::nn::RNNOptions{.num_layers = int(row.number("layers", 1))});
  net->to(s.device), net->to(s.dtype);
  return op_kind(
      [net](const tg::Tensors& x, const Row&) {
        net->zero_grad();
        return std::get<0>((*net)(x[0]));
      },
      false)(row, s);
}

}  // namespace

Kinds layer_kinds() {
  return {
      {"matmul", OP(tg::matmul(x[0], x[1]))},
      {"matmul_tn", OP(tg::matmul(x[0].t(), x[1]))},
      {"matmul_nt", OP(tg::matmul(x[0], x[1].t()))},
      {"linear", OP(tg::linear(x[0], x[1], x[2]))},
      {"conv2d", OP(tg::conv2d(x[0], x[1], x.size() > 2 ? x[2] : Tensor(), conv(x, row)))},
      {"conv_transpose2d", OP(tg::conv_transpose2d(x[0], x[1], x[2],
                                                   {.stride = int(row.number("stride", 1)),
                                                    .padding = int(row.number("padding", 0))}))},
      {"max_pool2d", OP(tg::max_pool2d(x[0], 2))},
      {"interpolate", OP(resized(x[0], row))},
      {"softmax", OP(tg::softmax(x[0], -1))},
      {"cross_entropy", OP(tg::cross_entropy(x[0], x[1]))},
      {"layer_norm", OP(tg::layer_norm(x[0], {x[0].size(-1)}, x[1], x[2]))},
      {"rms_norm", OP(tg::rms_norm(x[0], {x[0].size(-1)}, x[1]))},
      {"group_norm", OP(tg::group_norm(x[0], row.number("groups", 1), x[1], x[2]))},
      {"batch_norm", OP(tg::batch_norm(x[0], x[1], x[2]).y)},
      {"dropout", OP(tg::dropout(x[0], 0.5))},
      {"embedding", UNBOUND(tg::embedding(x[1], x[0]))},
      {"attention", OP(tg::scaled_dot_product_attention(x[0], x[1], x[2], {},
                                                        {.is_causal = row.has("causal")}))},
      {"lstm", lstm},
  };
}

}  // namespace bench
