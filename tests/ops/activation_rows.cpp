// SPDX-License-Identifier: MIT
// Rows: activation functions that are formulas of other ops.
#include "elementwise_rows.h"

namespace op_table {
namespace {

BadCall of_integers(const char* name, Unary f) {
  return {std::string(name) + ": expected a floating dtype, got int64; convert with to(float32)",
          [f] { f(ones({2}, {.dtype = int64})); }};
}

void functions(std::vector<Row>& rows) {
  const std::tuple<const char*, Unary, double> all[] = {
      {"celu",
       [](In x) {
         return celu({*x, x.location}, 0.75);
       },
       6},
      {"hardsigmoid", hardsigmoid, 2},
      {"hardswish", hardswish, 4},
      {"hardshrink",
       [](In x) {
         return hardshrink({*x, x.location}, 0.5);
       },
       0},
      {"softshrink",
       [](In x) {
         return softshrink({*x, x.location}, 0.5);
       },
       1},
      {"logsigmoid", logsigmoid, 6},
      {"quick_gelu", quick_gelu, 8},
      {"gelu",
       [](In x) {
         return gelu({*x, x.location}, GeluApproximation::tanh);
       },
       8},
      {"softmin",
       [](In x) {
         return softmin({*x, x.location}, -1);
       },
       8},
  };
  for (auto& [name, f, ulps] : all) {
    rows.push_back(unary(name, f, Kind::any, ulps, ulps > 0 ? library : "exact"));
    rows.back().bad.push_back(of_integers(name, f));
  }
  for (Row& row : rows)
    if (row.name == "gelu") row.name = "gelu_tanh";
  rows.push_back(unary("relu6", relu6, Kind::any, 0, "exact"));
  rows.push_back(unary("tanhshrink", tanhshrink, Kind::any, 6, library));
  rows.push_back(unary("softsign", softsign, Kind::any, 4, few));
  rows.push_back(unary(
      "threshold",
      [](In x) {
        return threshold({*x, x.location}, 0.5, 0.25);
      },
      Kind::any, 0, "exact"));
  rows.push_back(unary(
      "rrelu",
      [](In x) {
        return rrelu({*x, x.location});
      },
      Kind::any, 2, few));
  rows.back().bad.push_back(
      {"rrelu: expected lower <= upper, got 1 and 0.5", [] { rrelu(ones({2}), 1, 0.5); }});
  rows.push_back(unary(
      "celu_alpha",
      [](In x) {
        return celu({*x, x.location});
      },
      Kind::any, 4, library));
  rows.back().bad.push_back(
      {"celu: alpha is 0; the formula divides by it", [] { celu(ones({2}), 0); }});
  rows.push_back(unary(
      "softshrink_0",
      [](In x) {
        return softshrink({*x, x.location}, 0);
      },
      Kind::any, 1, one_rounding));
  rows.back().bad.push_back(
      {"softshrink: lambda must not be negative, got -1", [] { softshrink(ones({2}), -1); }});
}

Row prelu_row(const char* name, Shape weight, std::vector<Shapes> also) {
  return {.name = name,
          .call = [](const Tensors& in) { return prelu(in[0], in[1]); },
          .inputs = {{{2, 3, 4}}, {weight}},
          .ulps = 2,
          .reason = few,
          .also = std::move(also),
          .bad = {{"prelu: expected a weight of shape [] or [1], or [C] for x [N, C, ...], got [2] "
                   "for x [4, 3]",
                   [] {
                     prelu(ones({4, 3}), ones({2}));
                   }},
                  {"prelu: expected a floating dtype, got int64; convert with to(float32)",
                   [] { prelu(ones({2}, {.dtype = int64}), ones({1})); }}}};
}

}  // namespace

std::vector<Row> activation_rows() {
  std::vector<Row> rows;
  functions(rows);
  rows.push_back(prelu_row("prelu", {3}, {{{5, 2}, {2}}, {{0, 2}, {2}}}));
  rows.push_back(prelu_row("prelu_shared", {1}, {{{}, {}}, {{3}, {1}}, {{0}, {1}}}));
  rows.push_back({.name = "glu",
                  .call = [](const Tensors& in) { return glu(in[0]); },
                  .inputs = {{{2, 3, 4}}},
                  .ulps = 6,
                  .reason = library,
                  .also = {{{2}}, {{3, 0}}, {{0, 2}}},
                  .large = {{130, 1112}},
                  .bad = {{"glu: expected an even number of elements along dimension -1, got x "
                           "[2, 3]",
                           [] {
                             glu(ones({2, 3}));
                           }},
                          {"glu: expected a floating dtype, got int64; convert with to(float32)",
                           [] { glu(ones({2}, {.dtype = int64})); }}}});
  for (Row& row : rows) row.no_golden = by_opinfo;
  return rows;
}

}  // namespace op_table
