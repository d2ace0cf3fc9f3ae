// SPDX-License-Identifier: MIT
// Losses: scalars that measure how far predictions are from their targets.
#include "core/autocast.h"
#include "core/ops/internal.h"

namespace tinygrad {
namespace {

Tensor reduced(const Tensor& losses, Reduction reduction) {
  if (reduction == Reduction::none) return losses;
  return reduction == Reduction::sum ? sum(losses) : mean(losses);
}

/// Checks that x is [N, C] or [C] and has one label for each row; returns the labels as int64.
Tensor check_labels(const Call& call, const Tensor& x, const In& target) {
  check_floating(call, x);
  require<ShapeError>(x.dim() == 1 || x.dim() == 2, call, "expected x of shape [N, C] or [C], got ",
                      x.shape(), "; if the classes are the last dimension, x.reshape({-1, ",
                      x.dim() ? x.shape()[-1] : 1, "}) with target.reshape({-1})");
  require<ShapeError>(x.shape()[-1] > 0, call, "x has no classes: ", Marked{x.shape(), -1});
  Shape labels = x.shape();
  labels.erase(labels.rank() - 1);
  require<ShapeError>(target->shape() == labels, call, "expected a target of shape ", labels,
                      " for x ", x.shape(), ", got ", target->shape(),
                      target->shape() != x.shape() ? ""
                      : is_floating(target->dtype())
                          ? "; the loss for probabilities is "
                            "-(target * log_softmax(x, -1)).sum(-1).mean()"
                          : "; one-hot rows become labels with argmax(target, -1)");
  return check_index(call, target);
}

/// dx = dy / N (softmax(x) − one_hot(target)). Only the kernel reads lse: the formula must depend
/// on x, so that it can be differentiated again.
Tensor cross_entropy_grad(In dy, In x, In target, In lse) {
  return apply(
      {.name = "cross_entropy_grad",
       .inputs = {dy, x, target, lse},
       .outputs = {{x->shape(), x->dtype()}},
       .kernel = [](Backend& b, Views in,
                    Views out) { return b.cross_entropy_grad(in[0], in[1], in[2], in[3], out[0]); },
       .formula =
           [](const Tensors& in) {
             const Shape& shape = in[1].shape();  // [N, C]
             const Tensor hot = to(one_hot(in[2], shape[1]), in[1].dtype());
             return in[0] * (softmax(in[1], 1) - hot) * (1.0 / double(shape[0]));
           }});
}

/// loss = 1/N Σ_n (log Σ_c exp(x[n, c]) − x[n, target[n]]). Under an Autocast it is float32 for x
/// in 16 bits.   dx = dy / N (softmax(x) − one_hot(target)).
Tensor mean_cross_entropy(In x, In target, SourceLocation location) {
  const DType dtype = wide_precision(x->dtype());
  return apply({.name = "cross_entropy",
                .inputs = {{*x, *target}, location},
                .outputs = {{Shape{}, dtype}, non_differentiable({x->shape()[0]}, dtype)},
                .kernel = [](Backend& b, Views in,
                             Views out) { return b.cross_entropy(in[0], in[1], out[0], out[1]); },
                .formula = [location](const Tensors& in) -> Tensors {
                  const Tensor lse = logsumexp(in[0], 1);
                  const Tensor right = squeeze(
                      gather_as("cross_entropy", {in[0], location}, 1, unsqueeze(in[1], 1)), 1);
                  return {mean(lse - right), lse};
                },
                .keep = {Keep::input(0), Keep::input(1), Keep::output(1)},
                .derivatives = {[](Dy dy, Saved s) {
                  return cross_entropy_grad(dy, s.input(0), s.input(1), s.output(1));
                }}});
}

/// −x[n, target[n]]: a gather, whose derivative scatters.
Tensor negative_of_labels(const char* name, In x, const Tensor& labels, Reduction reduction) {
  const Tensor right = squeeze(gather_as(name, {*x, x.location}, -1, unsqueeze(labels, -1)), -1);
  return reduced(neg(right), reduction);
}

}  // namespace

Tensor cross_entropy(In x, In target, Reduction reduction) {
  const Tensor labels = check_labels({"cross_entropy", x.location}, x, target);
  if (reduction != Reduction::mean)
    return negative_of_labels("cross_entropy", {log_softmax({*x, x.location}, -1), x.location},
                              labels, reduction);
  if (x->dim() == 1) return mean_cross_entropy(unsqueeze(*x, 0), unsqueeze(labels, 0), x.location);
  return mean_cross_entropy(*x, labels, x.location);
}

Tensor nll_loss(In x, In target, Reduction reduction) {
  return negative_of_labels("nll_loss", {*x, x.location},
                            check_labels({"nll_loss", x.location}, x, target), reduction);
}

/// (x − target)². The shapes must be equal: broadcasting [N] with [N, 1] would silently compare
/// each element with every other.
Tensor mse_loss(In x, In target, Reduction reduction) {
  const Call call{"mse_loss", x.location};
  check_floating(call, x);
  require<ShapeError>(x->shape() == target->shape(), call,
                      "x and target have different shapes: ", x->shape(), " and ", target->shape(),
                      "; change one with reshape or expand");
  return reduced(square({sub({wide(x), x.location}, *target), x.location}), reduction);
}

}  // namespace tinygrad
