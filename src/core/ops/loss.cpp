// SPDX-License-Identifier: MIT
// Losses of classes: logits or log-probabilities x with labels, or with probabilities.
#include "core/autocast.h"
#include "core/ops/internal.h"

namespace tinygrad {

Tensor reduced(const Call& call, const Tensor& losses, Reduction reduction) {
  require(reduction != Reduction::batchmean, call,
          "takes the reductions mean, sum and none; batchmean is kl_div's");
  if (reduction == Reduction::none) return losses;
  return reduction == Reduction::sum ? sum(losses) : mean(losses);
}

namespace {

/// Checks that x is [N, C, ...] or [C]; returns the dimension of the classes.
int check_classes(const Call& call, const Tensor& x) {
  check_floating(call, x);
  require<ShapeError>(x.dim() > 0, call, "expected x of shape [N, C, ...] or [C], got ", x.shape());
  const int dim = x.dim() == 1 ? 0 : 1;
  require<ShapeError>(x.shape()[dim] > 0, call, "x has no classes: ", Marked{x.shape(), dim});
  return dim;
}
/// Checks that there is one label for each row of x; returns the labels as int64.
Tensor check_labels(const Call& call, const Tensor& x, const In& target) {
  Shape labels = x.shape();
  labels.erase(check_classes(call, x));
  Shape without_last = x.shape();
  without_last.erase(x.dim() - 1);
  require<ShapeError>(x.dim() < 3 || target->shape() != without_last || without_last == labels,
                      call, "expected a target of shape ", labels, " for x ", x.shape(), ", got ",
                      target->shape(), "; if the classes are the last dimension, x.reshape({-1, ",
                      x.shape()[-1], "}) with target.reshape({-1})");
  require<ShapeError>(target->shape() == labels, call, "expected a target of shape ", labels,
                      " for x ", x.shape(), ", got ", target->shape(),
                      target->shape() != x.shape() ? ""
                      : is_floating(target->dtype())
                          ? "; cross_entropy, of scores, takes probabilities"
                          : "; one-hot rows become labels with argmax(target, -1)");
  return check_index(call, target);
}
/// x [N, C, ...] or [C] as rows [M, C].
Tensor rows_of(const Tensor& x) {
  if (x.dim() < 2) return reshape(x, {1, x.shape()[0]});
  if (x.dim() == 2) return x;
  Dims order = {0};
  for (int i = 2; i < x.dim(); ++i) order.push_back(i);
  order.push_back(1);
  return reshape(permute(x, order), {x.numel() / x.shape()[1], x.shape()[1]});
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
  const DType kept = is_half(dtype) ? DType::float32 : dtype;  // the gradient is exp(x - lse)
  return apply({.name = "cross_entropy",
                .inputs = {{*x, *target}, location},
                .outputs = {{Shape{}, dtype}, non_differentiable({x->shape()[0]}, kept)},
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

/// The losses of labels, weighted: −(1 − e) w_t x_t − e / C Σ_c w_c x_c for log-probabilities x [M,
/// C] and labels t [M]. The gather's derivative scatters.
Tensor losses_of_labels(const Call& call, const Tensor& x, const Tensor& labels, const Shape& shape,
                        const CrossEntropyOptions& o) {
  const Tensor valid = o.ignore_index ? labels != *o.ignore_index : Tensor();
  const Tensor safe = valid.defined() ? where(valid, labels, 0) : labels;
  Tensor losses = -squeeze(gather_as(call.op, {x, call.location}, 1, unsqueeze(safe, 1)), 1);
  Tensor weights = o.weight.defined() ? index_select(o.weight, 0, safe) : Tensor();
  if (weights.defined()) losses = losses * weights;
  if (o.label_smoothing != 0)
    losses = (1 - o.label_smoothing) * losses - o.label_smoothing / double(x.shape()[1]) *
                                                    sum(o.weight.defined() ? x * o.weight : x, 1);
  if (valid.defined()) {
    losses = where(valid, losses, 0);
    weights = weights.defined() ? where(valid, weights, 0) : to(valid, x.dtype());
  }
  if (o.reduction == Reduction::mean && weights.defined()) return sum(losses) / sum(weights);
  return reduced(call, reshape(losses, shape), o.reduction);
}

/// −Σ_c w_c ((1 − e) p_c + e / C) x_c for log-probabilities x and probabilities p, both [M, C].
Tensor losses_of_probabilities(const Call& call, const Tensor& x, const Tensor& p,
                               const Shape& shape, const CrossEntropyOptions& o) {
  require(!o.ignore_index, call, "ignore_index is for labels, but the target is ",
          to_string(p.dtype()));
  const Tensor mixed = (1 - o.label_smoothing) * p + o.label_smoothing / double(x.shape()[1]);
  const Tensor terms = mixed * x;
  return reduced(call, reshape(-sum(o.weight.defined() ? terms * o.weight : terms, 1), shape),
                 o.reduction);
}

void check_weight(const Call& call, const Tensor& weight, std::int64_t classes) {
  require<ShapeError>(!weight.defined() || weight.shape() == Shape{classes}, call,
                      "expected a weight of shape ", Shape{classes}, ", one element a class, got ",
                      weight.defined() ? weight.shape() : Shape{});
}

}  // namespace

Tensor cross_entropy(In x, In target, const CrossEntropyOptions& options) {
  const Call call{"cross_entropy", x.location};
  const int dim = check_classes(call, x.given());
  check_weight(call, options.weight, x->shape()[dim]);
  require(options.label_smoothing >= 0 && options.label_smoothing <= 1, call,
          "label_smoothing must be in [0, 1], got ", options.label_smoothing);
  const bool has_labels = !is_floating(target->dtype()) || target->shape() != x->shape();
  const bool plain = has_labels && !options.weight.defined() && !options.ignore_index &&
                     options.label_smoothing == 0 && options.reduction == Reduction::mean;
  if (!plain && is_half(x->dtype()))  // rounded once
    return to(cross_entropy({to(*x, DType::float32), x.location}, *target, options),
              wide_precision(x->dtype()));
  const Tensor rows = rows_of(*x);
  if (!has_labels) {
    Shape shape = x->shape();
    shape.erase(dim);
    return losses_of_probabilities(call, log_softmax({rows, x.location}, 1), rows_of(*target),
                                   shape, options);
  }
  const Tensor labels = check_labels(call, x, target), flat = flatten(labels);
  if (plain) return mean_cross_entropy(rows, flat, x.location);
  return losses_of_labels(call, log_softmax({rows, x.location}, 1), flat, labels.shape(), options);
}
Tensor cross_entropy(In x, In target, Reduction reduction) {
  return cross_entropy({*x, x.location}, *target, CrossEntropyOptions{.reduction = reduction});
}

Tensor nll_loss(In x, In target, const NllLossOptions& options) {
  const Call call{"nll_loss", x.location};
  const Tensor labels = check_labels(call, x.given(), target);
  check_weight(call, options.weight, x->shape()[check_classes(call, *x)]);
  return losses_of_labels(call, rows_of(*x), flatten(labels), labels.shape(),
                          {options.weight, options.ignore_index, options.reduction});
}
Tensor nll_loss(In x, In target, Reduction reduction) {
  return nll_loss({*x, x.location}, *target, NllLossOptions{.reduction = reduction});
}

Tensor multi_margin_loss(In x, In target, int p, double margin, In weight, Reduction reduction) {
  const Call call{"multi_margin_loss", x.location};
  const Tensor labels = check_labels(call, x.given(), target);
  require<ShapeError>(x->dim() <= 2, call, "expected x of shape [N, C] or [C], got ", x->shape());
  require(p == 1 || p == 2, call, "p must be 1 or 2, got ", p);
  const Tensor rows = rows_of(*x), index = reshape(labels, {-1, 1});
  check_weight(call, *weight, rows.shape()[1]);
  const Tensor right = gather_as(call.op, {rows, x.location}, 1, index);
  Tensor terms = relu(margin - right + rows);
  if (p == 2) terms = square(terms);
  if (weight.defined()) terms = terms * unsqueeze(index_select(*weight, 0, flatten(labels)), 1);
  const Tensor others = arange(rows.shape()[1]).to(rows.device()) != index;
  return reduced(call, reshape(mean(where(others, terms, 0), 1), labels.shape()), reduction);
}

Tensor multilabel_margin_loss(In x, In target, Reduction reduction) {
  const Call call{"multilabel_margin_loss", x.location};
  check_classes(call, x.given());
  require<ShapeError>(x->dim() <= 2 && target->shape() == x->shape(), call,
                      "expected x of shape [N, C] or [C] and a target like it, got ", x->shape(),
                      " and ", target->shape());
  const Tensor rows = rows_of(*x), labels = reshape(check_index(call, target), rows.shape());
  const Tensor counts = cumprod(labels >= 0, 1) != 0, safe = where(counts, labels, 0);
  const Tensor classes = arange(rows.shape()[1]).to(rows.device());
  const Tensor is_label = any((unsqueeze(safe, 2) == classes) & unsqueeze(counts, 2), 1);
  const Tensor right = unsqueeze(gather_as(call.op, {rows, x.location}, 1, safe), 2);
  const Tensor terms = where(unsqueeze(counts, 2) & ~unsqueeze(is_label, 1),
                             relu(1 - right + unsqueeze(rows, 1)), 0);
  const Tensor losses = sum(terms, {1, 2}) / double(rows.shape()[1]);
  return reduced(call, x->dim() == 1 ? squeeze(losses, 0) : losses, reduction);
}

}  // namespace tinygrad
