// SPDX-License-Identifier: MIT
// Losses of classification: x [N, C, ...], labels [N, ...].
#include "operator.h"

namespace tinygrad::onnx {
namespace {

Tensor negative_log_likelihood(const NodeCall& n, const Tensor& log_p) {
  NllLossOptions options{.weight = n.optional(2)};
  if (n.has("ignore_index")) options.ignore_index = n.integer("ignore_index", 0);
  const std::string reduction = n.text("reduction", "mean");
  n.check(reduction == "none" || reduction == "mean" || reduction == "sum", "the reduction ",
          in_quotes(reduction), " is not known");
  options.reduction = reduction == "none"  ? Reduction::none
                      : reduction == "sum" ? Reduction::sum
                                           : Reduction::mean;
  return nll_loss(log_p, n[1].to(int64), options);
}
Tensors likelihood_loss(const NodeCall& n) { return negative_log_likelihood(n, n[0]); }
Tensors softmax_loss(const NodeCall& n) {
  const Tensor log_p = log_softmax(n[0], 1);
  return {negative_log_likelihood(n, log_p), log_p};
}

constexpr Operator table[] = {
    {"NegativeLogLikelihoodLoss", likelihood_loss},
    {"SoftmaxCrossEntropyLoss", softmax_loss},
};

}  // namespace
Operators loss_operators() { return table; }
}  // namespace tinygrad::onnx
