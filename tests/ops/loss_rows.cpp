// SPDX-License-Identifier: MIT
// Rows of the table: losses.
#include "op_table.h"

namespace op_table {
namespace {

constexpr const char* sums = "exponentials, and sums of up to 4 of them";

using Loss = Tensor (*)(In, In, Reduction);
Row label_loss(const char* op, const char* name, Loss f, Reduction reduction,
               std::vector<Input> inputs, std::vector<Shapes> also, Shapes large) {
  const std::string n = op;
  auto labels = [](std::int64_t label) { return full({2}, label, {.dtype = int64}); };
  return {.name = name,
          .call = [f, reduction](const Tensors& in) { return f(in[0], in[1], reduction); },
          .inputs = std::move(inputs),
          .ulps = 12,
          .reason = sums,
          .also = std::move(also),
          .large = std::move(large),
          .bad = {{n + ": index 3 at position 0 is not in [0, 3)",
                   [=] {
                     f(ones({2, 3}), labels(3), reduction);
                   }},
                  {n + ": index -1 at position 0 is not in [0, 3)",
                   [=] {
                     f(ones({2, 3}), labels(-1), reduction);
                   }},
                  {n + ": expected a target of shape [2] for x [2, 3], got [3]",
                   [=] {
                     f(ones({2, 3}), ones({3}, {.dtype = int64}), reduction);
                   }},
                  {n + ": expected integer indices, got float32; convert with to(int64)",
                   [=] {
                     f(ones({2, 3}), ones({2}), reduction);
                   }},
                  {n + ": expected a target of shape [2, 4] for x [2, 3, 4], got [2]",
                   [=] {
                     f(ones({2, 3, 4}), labels(0), reduction);
                   }},
                  {n + ": expected x of shape [N, C, ...] or [C], got []",
                   [=] { f(ones({}), labels(0), reduction); }},
                  {n + ": takes the reductions mean, sum and none; batchmean is kl_div's",
                   [=] {
                     f(ones({2, 3}), labels(0), Reduction::batchmean);
                   }},
                  {with_marks(n + ": x has no classes: [2, 0]", {int(n.size()) + 24}), [=] {
                     f(ones({2, 0}), labels(0), reduction);
                   }}}};
}

/// A loss of x and a target of the same shape.
Row pair_loss(const char* op, const char* name, Loss f, Reduction reduction,
              Kind x_kind = Kind::any, Kind target_kind = Kind::any, double ulps = 12) {
  const std::string n = op;
  return {.name = name,
          .call = [=](const Tensors& in) { return f(in[0], in[1], reduction); },
          .inputs = {{{2, 3}, x_kind}, {{2, 3}, target_kind}},
          .ulps = ulps,
          .reason = "sums of up to 6 terms, of few operations each",
          .also = {{{}, {}}, {{5}, {5}}},
          .large = {{130, 1111}, {130, 1111}},
          .bad = {{n + ": x and target have different shapes: [2] and [2, 1]; change one with "
                       "reshape or expand",
                   [=] {
                     f(ones({2}), ones({2, 1}), reduction);
                   }},
                  {n + ": expected a floating dtype, got int64; convert with to(float32)",
                   [=] { f(ones({2}, {.dtype = int64}), ones({2}), reduction); }}}};
}

Tensor logits_loss(In x, In t, Reduction r) {
  return binary_cross_entropy_with_logits({*x, x.location}, *t, {}, {}, r);
}
Tensor probability_loss(In x, In t, Reduction r) {
  return binary_cross_entropy({*x, x.location}, *t, {}, r);
}
/// Targets 1 and -1.
Tensor signs(const Tensor& t) { return sign(t).detach(); }

void pair_losses(std::vector<Row>& rows) {
  auto row = [&](const char* op, const char* name, Loss f, Reduction reduction,
                 Kind x_kind = Kind::any, Kind target_kind = Kind::any, double ulps = 12) {
    rows.push_back(pair_loss(op, name, f, reduction, x_kind, target_kind, ulps));
    rows.back().no_golden = by_opinfo;
  };
  row("l1_loss", "l1_loss", l1_loss, Reduction::mean, Kind::distinct, Kind::distinct);
  row(
      "huber_loss", "huber_loss",
      [](In x, In t, Reduction r) {
        return huber_loss({*x, x.location}, *t, r, 0.75);
      },
      Reduction::none);
  row(
      "smooth_l1_loss", "smooth_l1_loss",
      [](In x, In t, Reduction r) {
        return smooth_l1_loss({*x, x.location}, *t, r, 0.75);
      },
      Reduction::sum);
  rows.back().bad.push_back({"smooth_l1_loss: beta must not be negative, got -1",
                             [] { smooth_l1_loss(ones({2}), ones({2}), Reduction::mean, -1); }});
  row("binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits", logits_loss,
      Reduction::mean, Kind::any, Kind::positive);
  row(
      "binary_cross_entropy", "binary_cross_entropy",
      [](In x, In t, Reduction r) {
        return probability_loss({is_floating(x->dtype()) ? *x * 0.5 : *x, x.location}, *t, r);
      },
      Reduction::mean, Kind::positive, Kind::positive, 24);
  rows.back().inputs[0].kind = Kind::positive;
  row(
      "kl_div", "kl_div",
      [](In x, In t, Reduction r) {
        return kl_div({*x, x.location}, *t, r);
      },
      Reduction::batchmean, Kind::any, Kind::positive);
  row(
      "kl_div", "kl_div_log_target",
      [](In x, In t, Reduction r) {
        return kl_div({*x, x.location}, *t, r, true);
      },
      Reduction::mean);
  row(
      "poisson_nll_loss", "poisson_nll_loss",
      [](In x, In t, Reduction r) {
        return poisson_nll_loss({*x, x.location}, *t, true, true, 1e-8, r);
      },
      Reduction::mean, Kind::any, Kind::positive);
  row(
      "poisson_nll_loss", "poisson_nll_loss_of_rate",
      [](In x, In t, Reduction r) {
        return poisson_nll_loss({*x, x.location}, *t, false, false, 1e-8, r);
      },
      Reduction::none, Kind::positive, Kind::positive);
  row(
      "soft_margin_loss", "soft_margin_loss",
      [](In x, In t, Reduction r) {
        return soft_margin_loss({*x, x.location}, *t, r);
      },
      Reduction::mean);
  row(
      "hinge_embedding_loss", "hinge_embedding_loss",
      [](In x, In t, Reduction r) {
        return hinge_embedding_loss({*x, x.location}, signs(*t), 0.5, r);
      },
      Reduction::mean);
  row(
      "multilabel_soft_margin_loss", "multilabel_soft_margin_loss",
      [](In x, In t, Reduction r) {
        return multilabel_soft_margin_loss({*x, x.location}, *t, {}, r);
      },
      Reduction::none, Kind::any, Kind::positive);
  rows.back().also = {{{5}, {5}}};
}

/// Losses with more inputs than x and a target.
void other_losses(std::vector<Row>& rows) {
  auto row = [&](Row row) {
    row.ulps = 16, row.reason = sums, row.no_golden = by_opinfo;
    rows.push_back(std::move(row));
  };
  row({.name = "binary_cross_entropy_with_weights",
       .call =
           [](const Tensors& in) {
             return binary_cross_entropy_with_logits(in[0], in[1], in[2], in[3]);
           },
       .inputs = {{{2, 3}}, {{2, 3}, Kind::positive}, {{3}, Kind::positive}, {{3}, Kind::positive}},
       .bad = {{with_marks("binary_cross_entropy_with_logits: cannot broadcast shapes [2] and [3]",
                           {59, 67}),
                [] { binary_cross_entropy_with_logits(ones({2}), ones({2}), ones({3})); }},
               {"binary_cross_entropy_with_logits: expected a weight that broadcasts to x [2], got "
                "[3, 2]",
                [] {
                  binary_cross_entropy_with_logits(ones({2}), ones({2}), ones({3, 2}));
                }}}});
  row({.name = "cross_entropy_options",
       .call =
           [](const Tensors& in) {
             const int ignored = in[1].dim() ? 3 : -1;  // the mean of no sample is NaN
             return cross_entropy(
                 in[0], in[1], {.weight = in[2], .ignore_index = ignored, .label_smoothing = 0.25});
           },
       .inputs = {{{5, 4}}, {{5}, Kind::index, 4}, {{4}, Kind::positive}},
       .also = {{{2, 4, 3}, {2, 3}, {4}}, {{4}, {}, {4}}},
       .bad = {{"cross_entropy: expected a weight of shape [3], one element a class, got [2]",
                [] {
                  cross_entropy(ones({2, 3}), zeros({2}, {.dtype = int64}), {.weight = ones({2})});
                }},
               {"cross_entropy: label_smoothing must be in [0, 1], got 2", [] {
                  cross_entropy(ones({2, 3}), zeros({2}, {.dtype = int64}), {.label_smoothing = 2});
                }}}});
  row({.name = "cross_entropy_images",
       .call =
           [](const Tensors& in) {
             return Tensors{cross_entropy(in[0], in[1]),
                            cross_entropy(in[0], in[1], Reduction::none)};
           },
       .inputs = {{{2, 4, 3}}, {{2, 3}, Kind::index, 4}},
       .also = {{{2, 4, 3, 2}, {2, 3, 2}}},
       .bad = {{"cross_entropy: expected a target of shape [2, 4] for x [2, 3, 4], got [2]", [] {
                  cross_entropy(ones({2, 3, 4}), zeros({2}, {.dtype = int64}));
                }}}});
  row({.name = "cross_entropy_probabilities",
       .call =
           [](const Tensors& in) {
             return cross_entropy(in[0], in[1], {.weight = in[2], .label_smoothing = 0.25});
           },
       .inputs = {{{3, 4}}, {{3, 4}, Kind::positive}, {{4}, Kind::positive}},
       .also = {{{2, 4, 3}, {2, 4, 3}, {4}}},
       .bad = {{"cross_entropy: ignore_index is for labels, but the target is float32", [] {
                  cross_entropy(ones({2, 3}), ones({2, 3}), {.ignore_index = 1});
                }}}});
  row({.name = "nll_loss_options",
       .call =
           [](const Tensors& in) {
             return nll_loss(in[0], in[1], {.weight = in[2], .ignore_index = 1});
           },
       .inputs = {{{5, 4}}, {{5}, Kind::index, 4}, {{4}, Kind::positive}},
       .also = {{{2, 4, 3}, {2, 3}, {4}}},
       .bad = {{"nll_loss: expected a target of shape [2] for x [2, 3], got [2, 3]; "
                "cross_entropy, of scores, takes probabilities",
                [] {
                  nll_loss(ones({2, 3}), ones({2, 3}));
                }}}});
  row({.name = "multi_margin_loss",
       .call = [](const Tensors& in) { return multi_margin_loss(in[0], in[1], 2, 0.75, in[2]); },
       .inputs = {{{3, 4}, Kind::distinct}, {{3}, Kind::index, 4}, {{4}, Kind::positive}},
       .also = {{{4}, {}, {4}}},
       .bad = {{"multi_margin_loss: p must be 1 or 2, got 3", [] {
                  multi_margin_loss(ones({2, 3}), zeros({2}, {.dtype = int64}), 3);
                }}}});
  row({.name = "gaussian_nll_loss",
       .call = [](const Tensors& in) { return gaussian_nll_loss(in[0], in[1], in[2], true); },
       .inputs = {{{2, 3}}, {{2, 3}}, {{2, 3}, Kind::positive}},
       .also = {{{2, 3}, {2, 3}, {2}}, {{2, 3}, {2, 3}, {2, 1}}, {{}, {}, {}}},
       .bad = {
           {"gaussian_nll_loss: expected var of x's shape [2, 3], or with a last dimension that "
            "is 1 or missing, got [3]",
            [] {
              gaussian_nll_loss(ones({2, 3}), ones({2, 3}), ones({3}));
            }}}});
  row({.name = "cosine_similarity",
       .call = [](const Tensors& in) { return cosine_similarity(in[0], in[1]); },
       .inputs = {{{2, 3}}, {{2, 3}}},
       .also = {{{2, 3, 2}, {1, 3, 1}}},
       .bad = {{"cosine_similarity: dimension 1 is not in [-1, 1) for shape [3]",
                [] { cosine_similarity(ones({3}), ones({3})); }}}});
  for (double p : {1., 2., 3.})
    row({.name = "pairwise_distance_" + std::to_string(int(p)),
         .call = [p](const Tensors& in) { return pairwise_distance(in[0], in[1], p); },
         .inputs = {{{2, 3}, Kind::distinct}, {{2, 3}, Kind::distinct}},
         .also = {{{3}, {3}}, {{2, 3}, {3}}},
         .bad = {{"pairwise_distance: expected vectors, got two tensors of shape []",
                  [] { pairwise_distance(ones({}), ones({})); }}}});
  row({.name = "cosine_embedding_loss",
       .call =
           [](const Tensors& in) {
             return cosine_embedding_loss(in[0], in[1], signs(in[2]), -0.9);
           },
       .inputs = {{{2, 3}}, {{2, 3}}, {{2}}},
       .also = {{{3}, {3}, {}}},
       .bad = {{"cosine_embedding_loss: expected a target of shape [2] for a [2, 3], got [3]", [] {
                  cosine_embedding_loss(ones({2, 3}), ones({2, 3}), ones({3}));
                }}}});
  row({.name = "margin_ranking_loss",
       .call =
           [](const Tensors& in) {
             return margin_ranking_loss(in[0], in[1], signs(in[2]), 0.25, Reduction::none);
           },
       .inputs = {{{3}, Kind::distinct}, {{3}, Kind::distinct}, {{3}}},
       .also = {{{2, 3}, {3}, {}}},
       .bad = {{with_marks("margin_ranking_loss: cannot broadcast shapes [3] and [2]", {46, 54}),
                [] { margin_ranking_loss(ones({3}), ones({3}), ones({2})); }}}});
  row({.name = "triplet_margin_loss",
       .call =
           [](const Tensors& in) {
             return triplet_margin_loss(in[0], in[1], in[2], 1, 2, 1e-6, true);
           },
       .inputs = {{{2, 3}}, {{2, 3}}, {{2, 3}}},
       .bad = {{with_marks("pairwise_distance: cannot broadcast shapes [3] and [2]", {44, 52}),
                [] { triplet_margin_loss(ones({3}), ones({2}), ones({3})); }},
               {"triplet_margin_loss: margin must be greater than 0, got 0",
                [] { triplet_margin_loss(ones({3}), ones({3}), ones({3}), 0); }}}});
  row({.name = "triplet_margin_with_distance_loss",
       .call =
           [](const Tensors& in) {
             const auto distance = [](const Tensor& a, const Tensor& b) {
               return sum(square(a - b), -1);
             };
             return Tensors{
                 triplet_margin_with_distance_loss(in[0], in[1], in[2], distance, 0.5, true),
                 triplet_margin_with_distance_loss(in[0], in[1], in[2])};
           },
       .inputs = {{{2, 3}}, {{2, 3}}, {{2, 3}}},
       .bad = {{"triplet_margin_with_distance_loss: margin must be greater than 0, got 0", [] {
                  triplet_margin_with_distance_loss(ones({3}), ones({3}), ones({3}), {}, 0);
                }}}});
}

void rare_losses(std::vector<Row>& rows) {
  const auto row = [&](const char* name, std::function<Tensors(const Tensors&)> call,
                       std::vector<Input> inputs, double ulps, std::vector<BadCall> bad) {
    rows.push_back({.name = name,
                    .call = std::move(call),
                    .inputs = std::move(inputs),
                    .ulps = ulps,
                    .reason = "sums of few terms, of few operations each",
                    .no_golden = by_opinfo,
                    .bad = std::move(bad)});
  };
  row("sigmoid_focal_loss",
      [](const Tensors& in) {
        return Tensors{sigmoid_focal_loss(in[0], in[1] * 0.5),
                       sigmoid_focal_loss(in[0], in[1] * 0.5, -1, 3, Reduction::mean)};
      },
      {{{2, 3}}, {{2, 3}, Kind::positive}}, 16,
      {{"sigmoid_focal_loss: x and target have different shapes: [2] and [3]; change one with "
        "reshape or expand",
        [] { sigmoid_focal_loss(ones({2}), ones({3})); }}});
  rows.back().no_golden = "torchvision defines it, PyTorch does not";
  row("multilabel_margin_loss",
      [](const Tensors& in) {
        const Tensor labels = tensor({{2, 0, -1, 1}, {3, -1, 0, 0}}).to(in[0].device());
        return Tensors{multilabel_margin_loss(in[0], labels),
                       multilabel_margin_loss(in[0], labels, Reduction::none)};
      },
      {{{2, 4}, Kind::distinct}}, 8,
      {{"multilabel_margin_loss: expected x of shape [N, C] or [C] and a target like it, got [2, "
        "3] "
        "and [2]",
        [] {
          multilabel_margin_loss(ones({2, 3}), tensor({0, 1}));
        }}});
  row("ctc_loss",
      [](const Tensors& in) {
        const Device d = in[0].device();
        return ctc_loss(log_softmax(in[0], 2), tensor({{1, 1, 2}, {3, 1, 0}}).to(d),
                        tensor({6, 4}).to(d), tensor({3, 2}).to(d));
      },
      {{{6, 2, 4}}}, 32,
      {{"ctc_loss: expected x of shape [T, N, C] or [T, C], got [4]",
        [] { ctc_loss(ones({4}), tensor({1}), tensor(4), tensor(1)); }},
       {"ctc_loss: blank must be one of the 3 classes, got 3",
        [] {
          ctc_loss(ones({4, 3}), tensor({1}), tensor(4), tensor(1), {.blank = 3});
        }},
       {"ctc_loss: the lengths must be at most those of x [4, 3] and of the targets [1, 1]",
        [] {
          ctc_loss(ones({4, 3}), tensor({1}), tensor(5), tensor(1));
        }},
       {"ctc_loss: target_lengths sum to 2, but there are 1 labels", [] {
          ctc_loss(ones({4, 3}), tensor({1}), tensor(4), tensor(2));
        }}});
  row("dist",
      [](const Tensors& in) {
        return Tensors{dist(in[0], in[1]), dist(in[0], in[1], 3)};
      },
      {{{2, 3}, Kind::distinct}, {{3}, Kind::distinct}}, 32,
      {{"dist: expected a floating dtype, got int64; convert with to(float32)",
        [] { dist(ones({2}, {.dtype = int64}), ones({2})); }}});
  row("cdist",
      [](const Tensors& in) {
        return Tensors{cdist(in[0], in[1]), cdist(in[0], in[1], 1), pdist(in[1]), pdist(in[1], 3)};
      },
      {{{2, 3, 4}, Kind::distinct}, {{2, 4}, Kind::distinct}}, 32,
      {{"cdist: expected a [..., M, D] and b [..., N, D], got [2, 3] and [2, 2]",
        [] {
          cdist(ones({2, 3}), ones({2, 2}));
        }},
       {"pdist: expected x [N, D], got [3]", [] { pdist(ones({3})); }}});
}

}  // namespace

std::vector<Row> loss_rows() {
  const std::vector<Input> rows = {{{3, 4}}, {{3}, Kind::index, 4}};
  const std::vector<Shapes> also = {{{1, 4}, {1}}, {{4}, {}}};
  const Shapes large = {{3000, 10}, {3000}};
  std::vector<Row> all = {
      label_loss("cross_entropy", "cross_entropy", cross_entropy, Reduction::mean, rows, also,
                 large),
      label_loss("cross_entropy", "cross_entropy_sum", cross_entropy, Reduction::sum, rows, also,
                 large),
      label_loss("cross_entropy", "cross_entropy_none", cross_entropy, Reduction::none, rows, also,
                 large),
      label_loss("nll_loss", "nll_loss", nll_loss, Reduction::mean, rows, also, large),
      label_loss("nll_loss", "nll_loss_sum", nll_loss, Reduction::sum, rows, also, large),
      label_loss("nll_loss", "nll_loss_none", nll_loss, Reduction::none, rows,
                 {{{1, 4}, {1}}, {{4}, {}}, {{0, 4}, {0}}}, large),
      pair_loss("mse_loss", "mse_loss", mse_loss, Reduction::mean),
      pair_loss("mse_loss", "mse_loss_sum", mse_loss, Reduction::sum),
      pair_loss("mse_loss", "mse_loss_none", mse_loss, Reduction::none),
  };
  pair_losses(all);
  other_losses(all);
  rare_losses(all);
  return all;
}

}  // namespace op_table
