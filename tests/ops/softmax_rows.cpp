// SPDX-License-Identifier: MIT
// Rows of the table: softmax.
#include "op_table.h"

namespace op_table {
namespace {

constexpr const char* sums = "exponentials, and sums of up to 4 of them";

Row softmax_row(const char* name, Tensor (*f)(In, int), int dim, std::vector<Shapes> also,
                Shapes large) {
  const std::string op = f == softmax ? "softmax" : "log_softmax";
  return {.name = name,
          .call = [f, dim](const Tensors& in) { return f(in[0], dim); },
          .inputs = {{{2, 3, 4}}},
          .ulps = 8,
          .reason = sums,
          .also = std::move(also),
          .large = std::move(large),
          .bad = {{op + ": dimension 2 is not in [-2, 2) for shape [2, 3]",
                   [f] {
                     f(ones({2, 3}), 2);
                   }},
                  {op + ": dimension -3 is not in [-2, 2) for shape [2, 3]",
                   [f] {
                     f(ones({2, 3}), -3);
                   }},
                  {op + ": expected a floating dtype, got int64; convert with to(float32)", [f] {
                     f(ones({2, 3}, {.dtype = int64}), 0);
                   }}}};
}

}  // namespace

std::vector<Row> softmax_rows() {
  return {
      softmax_row("softmax", softmax, 1, {{{3, 5}}, {{2, 1}}, {{2, 0}}, {{0, 3}}}, {{60, 35, 30}}),
      softmax_row("softmax_last", softmax, -1, {{{}}, {{7}}, {{2, 0}}}, {{130, 1111}}),
      softmax_row("softmax_first", softmax, 0, {{{7}}, {{3, 1, 2}}}, {{130, 1111}}),
      softmax_row("log_softmax", log_softmax, 1, {{{3, 5}}, {{2, 1}}, {{2, 0}}, {{0, 3}}},
                  {{60, 35, 30}}),
      softmax_row("log_softmax_last", log_softmax, -1, {{{}}, {{7}}, {{2, 0}}}, {{130, 1111}}),
      softmax_row("log_softmax_first", log_softmax, 0, {{{7}}, {{3, 1, 2}}}, {{130, 1111}}),
  };
}

}  // namespace op_table
