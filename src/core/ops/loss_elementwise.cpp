// SPDX-License-Identifier: MIT
// Losses that compare x with a target of the same shape, element by element.
#include <cmath>
#include <numbers>

#include "core/autocast.h"
#include "core/ops/internal.h"

namespace tinygrad {
namespace {

/// Checks that x and the target have the same shape: broadcasting [N] with [N, 1] would silently
/// compare each element with every other.
void check_target(const Call& call, const Tensor& x, const In& target) {
  check_floating(call, x);
  require<ShapeError>(x.shape() == target->shape(), call,
                      "x and target have different shapes: ", x.shape(), " and ", target->shape(),
                      "; change one with reshape or expand");
}
/// Checks that a weight, if it was given, broadcasts to x's shape.
void check_weight(const Call& call, const Tensor& x, const In& weight) {
  require<ShapeError>(
      !weight.defined() || broadcast_shapes(call, x.shape(), weight->shape()) == x.shape(), call,
      "expected a weight that broadcasts to x ", x.shape(), ", got ",
      weight.defined() ? weight->shape() : Shape{});
}

/// The losses as one op with this formula, in the common dtype of its inputs, then reduced.
Tensor losses(const Call& call, Tensors inputs, Formula formula, Reduction reduction) {
  DType dtype = wide_precision(inputs[0].dtype());
  for (const Tensor& x : inputs)
    if (x.defined() && is_floating(x.dtype())) dtype = promote(call, dtype, x.dtype());
  for (Tensor& x : inputs) x = cast_given(x, dtype);
  return reduced(call,
                 apply({.name = call.op,
                        .inputs = {std::move(inputs), call.location},
                        .formula = std::move(formula)}),
                 reduction);
}
/// Of x and a target of its shape.
template <class F>
Tensor losses(const char* name, const In& x, const In& target, Reduction reduction, F formula) {
  const Call call{name, x.location};
  check_target(call, x.given(), target);
  return losses(
      call, {*x, *target}, [formula](const Tensors& in) { return Tensor(formula(in[0], in[1])); },
      reduction);
}

/// e² / 2 near 0, delta (|e| - delta / 2) beyond. There is no |e|, whose second derivative at 0
/// would be lost.
Tensor huber(const Tensor& e, double delta) {
  const Tensor near = clamp(e, -delta, delta);
  return near * (e - 0.5 * near);
}
Tensor log_at_least(const Tensor& log, double least) { return maximum(log, least); }
Tensor weighted(const Tensor& losses, const Tensor& weight) {
  return weight.defined() ? losses * weight : losses;
}
/// -(w t log sigmoid(x) + (1 - t) log sigmoid(-x)); w may be undefined.
Tensor logistic(const Tensor& x, const Tensor& t, const Tensor& w) {
  return -(weighted(t, w) * logsigmoid(x) + (1 - t) * logsigmoid(-x));
}

}  // namespace

Tensor mse_loss(In x, In target, Reduction reduction) {
  const Call call{"mse_loss", x.location};
  check_target(call, x.given(), target);
  return reduced(call, square({sub({wide(x), x.location}, *target), x.location}), reduction);
}
Tensor l1_loss(In x, In target, Reduction reduction) {
  return losses("l1_loss", x, target, reduction,
                [](const Tensor& x, const Tensor& t) { return abs(x - t); });
}
Tensor huber_loss(In x, In target, Reduction reduction, double delta) {
  require(delta > 0, Call{"huber_loss", x.location}, "delta must be greater than 0, got ", delta);
  return losses("huber_loss", x, target, reduction,
                [=](const Tensor& x, const Tensor& t) { return huber(x - t, delta); });
}
Tensor smooth_l1_loss(In x, In target, Reduction reduction, double beta) {
  require(beta >= 0, Call{"smooth_l1_loss", x.location}, "beta must not be negative, got ", beta);
  return losses("smooth_l1_loss", x, target, reduction, [=](const Tensor& x, const Tensor& t) {
    return beta == 0 ? abs(x - t) : huber(x - t, beta) / beta;
  });
}

/// dx = dy (x - t) / (x (1 - x)), dt = dy (log(1 - x) - log(x)).
Tensor binary_cross_entropy(In x, In target, In weight, Reduction reduction) {
  const Call call{"binary_cross_entropy", x.location};
  check_target(call, x.given(), target);
  check_weight(call, *x, weight);
  const DType dtype = promote(call, wide_precision(x->dtype()), real_dtype(target->dtype()));
  const Tensor losses = apply(
      {.name = call.op,
       .inputs = {Tensors{cast(x, dtype), cast(target, dtype)}, x.location},
       .formula =
           [](const Tensors& in) {
             const Tensor &x = in[0], &t = in[1];
             return (t - 1) * log_at_least(log1p(-x), -100) - t * log_at_least(log(x), -100);
           },
       .keep = {Keep::input(0), Keep::input(1).when(0)},
       .derivatives = {[](Dy dy, Saved s) {
                         const Tensor x = s.input(0);
                         return dy * (x - s.input(1)) / maximum(x * (1 - x), 1e-12);
                       },
                       [](Dy dy, Saved s) {
                         const Tensor x = s.input(0);
                         return dy * (log_at_least(log1p(-x), -100) - log_at_least(log(x), -100));
                       }}});
  return reduced(call, weighted(losses, *weight), reduction);
}
Tensor binary_cross_entropy_with_logits(In x, In target, In weight, In pos_weight,
                                        Reduction reduction) {
  const Call call{"binary_cross_entropy_with_logits", x.location};
  check_target(call, x.given(), target);
  check_weight(call, *x, weight), check_weight(call, *x, pos_weight);
  return losses(
      call, {*x, *target, *weight, *pos_weight},
      [](const Tensors& in) { return weighted(logistic(in[0], in[1], in[3]), in[2]); }, reduction);
}
Tensor multilabel_soft_margin_loss(In x, In target, In weight, Reduction reduction) {
  const Call call{"multilabel_soft_margin_loss", x.location};
  check_target(call, x.given(), target);
  check_weight(call, *x, weight);
  require<ShapeError>(x->dim() > 0, call, "expected x of shape [..., C], got ", x->shape());
  return losses(
      call, {*x, *target, *weight},
      [](const Tensors& in) { return mean(weighted(logistic(in[0], in[1], {}), in[2]), -1); },
      reduction);
}
Tensor sigmoid_focal_loss(In x, In target, double alpha, double gamma, Reduction reduction) {
  return losses("sigmoid_focal_loss", x, target, reduction, [=](const Tensor& x, const Tensor& t) {
    const Tensor p = sigmoid(x), wrong = p * (1 - t) + (1 - p) * t;
    const Tensor y = logistic(x, t, {}) * pow(wrong, gamma);
    return alpha < 0 ? y : y * (alpha * t + (1 - alpha) * (1 - t));
  });
}
Tensor kl_div(In x, In target, Reduction reduction, bool log_target) {
  const bool is_batchmean = reduction == Reduction::batchmean;
  const Tensor y = losses("kl_div", x, target, is_batchmean ? Reduction::sum : reduction,
                          [=](const Tensor& x, const Tensor& t) {
                            return log_target ? exp(t) * (t - x) : xlogy(t, t) - t * x;
                          });
  return is_batchmean && x->dim() > 0 ? y / double(x->size(0)) : y;
}

Tensor gaussian_nll_loss(In x, In target, In var, bool full, double eps, Reduction reduction) {
  const Call call{"gaussian_nll_loss", x.location};
  check_target(call, x.given(), target);
  require(eps > 0, call, "eps must be greater than 0, got ", eps);
  Shape shared = x->shape();  // one variance for the last dimension
  if (x->dim() > 0) shared[-1] = 1;
  Tensor v = *var;
  if (x->dim() > 0 && var->dim() == x->dim() - 1) v = unsqueeze(v, -1);
  require<ShapeError>(v.shape() == x->shape() || v.shape() == shared, call,
                      "expected var of x's shape ", x->shape(),
                      ", or with a last dimension that is 1 or missing, got ", var->shape());
  return losses(
      call, {*x, *target, v},
      [=](const Tensors& in) {  // the gradient flows to var also where eps counts, as in PyTorch
        const Tensor v = in[2] + (maximum(in[2], eps) - in[2]).detach();
        const Tensor y = 0.5 * (log(v) + square(in[0] - in[1]) / v);
        return full ? y + 0.5 * std::log(2 * std::numbers::pi) : y;
      },
      reduction);
}
Tensor poisson_nll_loss(In x, In target, bool log_input, bool full, double eps,
                        Reduction reduction) {
  return losses("poisson_nll_loss", x, target, reduction, [=](const Tensor& x, const Tensor& t) {
    const Tensor y = log_input ? exp(x) - t * x : x - t * log(x + eps);
    if (!full) return y;
    const Tensor large = where(t > 1, t, 1);
    const Tensor stirling = large * log(large) - large + 0.5 * log(2 * std::numbers::pi * large);
    return y + where(t > 1, stirling, 0);
  });
}
Tensor soft_margin_loss(In x, In target, Reduction reduction) {
  return losses("soft_margin_loss", x, target, reduction,
                [](const Tensor& x, const Tensor& t) { return -logsigmoid(t * x); });
}
Tensor hinge_embedding_loss(In x, In target, double margin, Reduction reduction) {
  return losses("hinge_embedding_loss", x, target, reduction,
                [=](const Tensor& x, const Tensor& t) {
                  return where(t == 1, 0, relu(margin - x)) + where(t == -1, 0, x);
                });
}

}  // namespace tinygrad
