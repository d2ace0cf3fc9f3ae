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
  return {
      .name = name,
      .call = [f, reduction](const Tensors& in) { return f(in[0], in[1], reduction); },
      .inputs = std::move(inputs),
      .ulps = 12,
      .reason = sums,
      .also = std::move(also),
      .large = std::move(large),
      .bad = {
          {n + ": index 3 at position 0 is not in [0, 3)",
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
          {n + ": expected a target of shape [2] for x [2, 3], got [2, 3]; the loss "
               "for probabilities is -(target * log_softmax(x, -1)).sum(-1).mean()",
           [=] {
             f(ones({2, 3}), ones({2, 3}), reduction);
           }},
          {n + ": expected integer indices, got float32; convert with to(int64)",
           [=] {
             f(ones({2, 3}), ones({2}), reduction);
           }},
          {n + ": expected x of shape [N, C] or [C], got [2, 3, 4]; if the classes are the last "
               "dimension, x.reshape({-1, 4}) with target.reshape({-1})",
           [=] {
             f(ones({2, 3, 4}), labels(0), reduction);
           }},
          {with_marks(n + ": x has no classes: [2, 0]", {int(n.size()) + 24}), [=] {
             f(ones({2, 0}), labels(0), reduction);
           }}}};
}

Row square_loss(const char* name, Reduction reduction) {
  return {.name = name,
          .call = [reduction](const Tensors& in) { return mse_loss(in[0], in[1], reduction); },
          .inputs = {{{2, 3}}, {{2, 3}}},
          .ulps = 12,
          .reason = "sums of up to 6 squares",
          .also = {{{}, {}}, {{5}, {5}}},
          .large = {{130, 1111}, {130, 1111}},
          .bad = {{"mse_loss: x and target have different shapes: [2] and [2, 1]; change one with "
                   "reshape or expand",
                   [] {
                     mse_loss(ones({2}), ones({2, 1}));
                   }},
                  {"mse_loss: expected a floating dtype, got int64; convert with to(float32)",
                   [] { mse_loss(ones({2}, {.dtype = int64}), ones({2})); }}}};
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
      square_loss("mse_loss", Reduction::mean),
      square_loss("mse_loss_sum", Reduction::sum),
      square_loss("mse_loss_none", Reduction::none),
  };
  return all;
}

}  // namespace op_table
