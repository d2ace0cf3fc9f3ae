// SPDX-License-Identifier: MIT
// Rows: losses.
#include "table.h"

namespace opinfo {
namespace {

Reduction reduction_of(Sample& x) {
  x.only(by_name, "size_average", nullptr);
  x.only(by_name, "reduce", nullptr);
  const string name = x.text(by_name, "reduction", "mean");
  if (name == "mean") return Reduction::mean;
  if (name == "sum") return Reduction::sum;
  if (name == "none") return Reduction::none;
  if (name == "batchmean") return Reduction::batchmean;
  throw Skip{"reduction = " + name};
}

/// PyTorch ignores -100 unless it is told otherwise, the library no label.
std::optional<std::int64_t> ignored(Sample& x, const Tensor& target) {
  if (is_floating(target.dtype())) {
    x.ignore("ignore_index");
    return {};
  }
  return x.integer(by_name, "ignore_index", -100);
}
Tensor cross_entropy_row(Sample& x) {
  const Tensor target = x.tensor(0, "target");
  return cross_entropy(x.input(), target,
                       {.weight = x.tensor(by_name, "weight"),
                        .ignore_index = ignored(x, target),
                        .reduction = reduction_of(x),
                        .label_smoothing = x.real(by_name, "label_smoothing", 0)});
}
Tensor nll_loss_row(Sample& x) {
  const Tensor target = x.tensor(0, "target");
  return nll_loss(x.input(), target,
                  {.weight = x.tensor(by_name, "weight"),
                   .ignore_index = ignored(x, target),
                   .reduction = reduction_of(x)});
}
/// The calls without options, which are the fast ones.
template <class F> Row plain(Row with_options, F f) {
  return [with_options, f](Sample& x) {
    if (x.has(by_name, "weight") || x.has(by_name, "ignore_index") ||
        x.has(by_name, "label_smoothing") || is_floating(x.tensor(0, "target").dtype()))
      return with_options(x);
    return Tensors(f(x.input(), x.tensor(0, "target"), reduction_of(x)));
  };
}

/// f(x, target, reduction).
template <class F> Row loss(F f) {
  return [f](Sample& x) { return f(x.input(), x.tensor(0, "target"), reduction_of(x)); };
}
#define LOSS(name) loss([](auto&&... x) { return name(x...); })

Tensor bce_with_logits_row(Sample& x) {
  return binary_cross_entropy_with_logits(x.input(), x.tensor(0, "target"), x.tensor(1, "weight"),
                                          x.tensor(by_name, "pos_weight"), reduction_of(x));
}
Tensor kl_div_row(Sample& x) {
  return kl_div(x.input(), x.tensor(0, "target"), reduction_of(x), x.flag(by_name, "log_target"));
}
Tensor gaussian_row(Sample& x) {
  return gaussian_nll_loss(x.input(), x.tensor(0, "target"), x.tensor(1, "var"),
                           x.flag(by_name, "full"), x.real(by_name, "eps", 1e-6), reduction_of(x));
}
Tensor poisson_row(Sample& x) {
  return poisson_nll_loss(x.input(), x.tensor(0, "target"), x.flag(by_name, "log_input", true),
                          x.flag(by_name, "full"), x.real(by_name, "eps", 1e-8), reduction_of(x));
}
Tensor multi_margin_row(Sample& x) {
  return multi_margin_loss(x.input(), x.tensor(0, "target"), x.int_at(by_name, "p", 1),
                           x.real(by_name, "margin", 1), x.tensor(by_name, "weight"),
                           reduction_of(x));
}
Tensor pairwise_distance_row(Sample& x) {
  return pairwise_distance(x.input(), x.tensor(0, "x2"), x.real(by_name, "p", 2),
                           x.real(by_name, "eps", 1e-6), x.flag(by_name, "keepdim"));
}
Tensor triplet_row(Sample& x) {
  return triplet_margin_loss(x.input(), x.tensor(0, "positive"), x.tensor(1, "negative"),
                             x.real(by_name, "margin", 1), x.real(by_name, "p", 2),
                             x.real(by_name, "eps", 1e-6), x.flag(by_name, "swap"),
                             reduction_of(x));
}
Tensor triplet_with_distance_row(Sample& x) {
  x.ignore("distance_function");  // nn.PairwiseDistance(), the default
  return triplet_margin_with_distance_loss(
      x.input(), x.tensor(0, "positive"), x.tensor(1, "negative"), {}, x.real(by_name, "margin", 1),
      x.flag(by_name, "swap"), reduction_of(x));
}
/// f(a, b, target, margin, reduction).
template <class F> Row of_pair(F f) {
  return [f](Sample& x) {
    return f(x.input(), x.tensor(0, "other"), x.tensor(1, "target"), x.real(by_name, "margin", 0),
             reduction_of(x));
  };
}

/// Lengths, which are a tensor or a list.
Tensor lengths(Sample& x, std::size_t position, const string& name) {
  if (x.has_tensor(position, name)) return x.tensor(position, name);
  return tensor(std::vector<std::int64_t>(*x.find(position, name)));
}
Tensor ctc_row(Sample& x) {
  const Reduction reduction = reduction_of(x);
  return ctc_loss(x.input(), x.tensor(0, "targets"), lengths(x, 1, "input_lengths"),
                  lengths(x, 2, "target_lengths"),
                  {.blank = x.integer(3, "blank", 0),
                   .reduction = reduction,
                   .zero_infinity = x.flag(by_name, "zero_infinity")});
}
Tensor linear_cross_entropy_row(Sample& x) {
  x.ignore("options");  // how many rows PyTorch computes at once
  const Tensor target = x.tensor(1, "target");
  std::optional<std::int64_t> ignored_label;
  if (!is_floating(target.dtype()) || x.has(by_name, "ignore_index"))
    ignored_label = x.integer(by_name, "ignore_index", -100);
  if (x.tensor(0, "linear_weight").dim() != 2) throw Skip{"a weight of another rank"};
  return cross_entropy(
      linear(x.input(), x.tensor(0, "linear_weight"), x.tensor(by_name, "linear_bias")), target,
      {.weight = x.tensor(by_name, "weight"),
       .ignore_index = ignored_label,
       .reduction = reduction_of(x),
       .label_smoothing = x.real(by_name, "label_smoothing", 0)});
}
Rows rare_losses() {
  return {
      {"nn.functional.ctc_loss", ctc_row},
      {"nn.functional.linear_cross_entropy", linear_cross_entropy_row},
      {"nn.functional.multilabel_margin_loss", LOSS(multilabel_margin_loss)},
      {"dist", [](Sample& x) { return dist(x.input(), x.tensor(0, "other"), x.real(1, "p", 2)); }},
      {"cdist",
       [](Sample& x) {
         x.find(2, "compute_mode");
         return cdist(x.input(), x.tensor(0, "x2"), x.real(1, "p", 2));
       }},
      {"nn.functional.pdist", [](Sample& x) { return pdist(x.input(), x.real(0, "p", 2)); }}};
}

Rows common_losses() {
  return {
      {"nn.functional.cross_entropy",
       plain(cross_entropy_row, [](auto&&... x) { return cross_entropy(x...); })},
      {"nn.functional.nll_loss", plain(nll_loss_row, [](auto&&... x) { return nll_loss(x...); })},
      {"nn.functional.mse_loss", LOSS(mse_loss)},
      {"nn.functional.l1_loss", LOSS(l1_loss)},
      {"nn.functional.soft_margin_loss", LOSS(soft_margin_loss)},
      {"nn.functional.huber_loss",
       [](Sample& x) {
         return huber_loss(x.input(), x.tensor(0, "target"), reduction_of(x),
                           x.real(by_name, "delta", 1));
       }},
      {"nn.functional.smooth_l1_loss",
       [](Sample& x) {
         return smooth_l1_loss(x.input(), x.tensor(0, "target"), reduction_of(x),
                               x.real(by_name, "beta", 1));
       }},
      {"nn.functional.binary_cross_entropy",
       [](Sample& x) {
         return binary_cross_entropy(x.input(), x.tensor(0, "target"), x.tensor(1, "weight"),
                                     reduction_of(x));
       }},
      {"nn.functional.binary_cross_entropy_with_logits", bce_with_logits_row},
      {"nn.functional.multilabel_soft_margin_loss",
       [](Sample& x) {
         return multilabel_soft_margin_loss(x.input(), x.tensor(0, "target"),
                                            x.tensor(by_name, "weight"), reduction_of(x));
       }},
      {"nn.functional.kl_div", kl_div_row},
      {"nn.functional.gaussian_nll_loss", gaussian_row},
      {"nn.functional.poisson_nll_loss", poisson_row},
      {"nn.functional.hinge_embedding_loss",
       [](Sample& x) {
         return hinge_embedding_loss(x.input(), x.tensor(0, "target"), x.real(by_name, "margin", 1),
                                     reduction_of(x));
       }},
      {"nn.functional.multi_margin_loss", multi_margin_row},
      {"nn.functional.cosine_similarity",
       [](Sample& x) {
         return cosine_similarity(x.input(), x.tensor(0, "x2"), x.int_at(by_name, "dim", 1),
                                  x.real(by_name, "eps", 1e-8));
       }},
      {"nn.functional.pairwise_distance", pairwise_distance_row},
      {"nn.functional.cosine_embedding_loss",
       of_pair([](auto&&... x) { return cosine_embedding_loss(x...); })},
      {"nn.functional.margin_ranking_loss",
       of_pair([](auto&&... x) { return margin_ranking_loss(x...); })},
      {"nn.functional.triplet_margin_loss", triplet_row},
      {"nn.functional.triplet_margin_with_distance_loss", triplet_with_distance_row}};
}

}  // namespace

Rows loss_rows() {
  Rows rows = common_losses();
  rows.merge(rare_losses());
  return rows;
}

}  // namespace opinfo
