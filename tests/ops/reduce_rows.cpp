// SPDX-License-Identifier: MIT
// Rows: reductions over any dimensions.
#include "op_table.h"

namespace op_table {
namespace {

constexpr const char *sums = "sums of up to 37 numbers, in any order",
                     *products = "products of up to 12 numbers, in any order";

using Reduction3 = Tensor (*)(In, const Axes&, bool);

/// The op over everything, over one dimension kept, over two, and over the last.
std::vector<Row> over_dims(const char* name, Reduction3 f, Kind kind, double ulps,
                           const char* reason, unsigned dtypes, bool of_nothing) {
  const std::string n = name;
  std::vector<Shapes> shapes = {{{}}, {{1}}, {{37}}};
  if (of_nothing) shapes.push_back({{0, 3}});
  auto row = [&](const char* suffix, std::function<Tensor(const Tensor&)> call,
                 std::vector<Shapes> also) {
    return Row{.name = n + suffix,
               .call = [call](const Tensors& in) { return call(in[0]); },
               .inputs = {{{2, 3, 4}, kind}},
               .ulps = ulps,
               .reason = reason,
               .dtypes = dtypes,
               .also = std::move(also),
               .large = {{17, 61, 130}},
               .bad = {{n + ": dimension 2 is not in [-2, 2) for shape [2, 3]",
                        [f] {
                          f(ones({2, 3}), 2, false);
                        }},
                       {n + ": dimension -3 is not in [-2, 2) for shape [2, 3]",
                        [f] {
                          f(ones({2, 3}), -3, false);
                        }},
                       {n + ": dimension -2 is named twice in [0, -2]",
                        [f] {
                          f(ones({2, 3}), {0, -2}, false);
                        }},
                       {n + ": dimension 2147483648 is not in [-2, 2) for shape [2, 3]", [f] {
                          f(ones({2, 3}), std::int64_t(1) << 31, false);
                        }}}};
  };
  std::vector<Row> rows = {
      row(
          "", [f](const Tensor& x) { return f(x, {}, false); }, shapes),
      row(
          "_keepdim", [f](const Tensor& x) { return f(x, -1, true); }, shapes),
      row("_first", [f](const Tensor& x) { return f(x, 0, false); }, {{{5}}, {{3, 0}}}),
      row("_dims",
          [f](const Tensor& x) {
            return f(x, {2, 0}, false);
          },
          {{{2, 0, 4}}, {{1, 3, 1}}}),
      row("_middle", [f](const Tensor& x) { return f(x, {-2}, true); }, {{{4, 5}}}),
  };
  if (of_nothing) rows[3].also.push_back({{0, 3, 4}});
  return rows;
}

void append(std::vector<Row>& rows, std::vector<Row> more) {
  rows.insert(rows.end(), more.begin(), more.end());
}

void extremes(std::vector<Row>& rows) {
  const BadCall nothing = {"amax: there is no element to choose from in shape [2, 0]", [] {
                             amax(zeros({2, 0}));
                           }};
  append(rows, over_dims("amax", amax, Kind::distinct, 0, "exact", everything, false));
  rows.back().bad.push_back(nothing);
  append(rows, over_dims("amin", amin, Kind::distinct, 0, "exact", everything, false));
  for (auto& row : rows)  // equal maxima share the gradient: one rounding
    if (row.name.starts_with("am")) row.large = {{17, 61, 13}};
  auto one = [&](const char* name, std::function<Tensors(const Tensor&)> f, bool differentiable,
                 std::vector<BadCall> bad, std::vector<Shapes> also) {
    rows.push_back({.name = name,
                    .call = [f](const Tensors& in) { return f(in[0]); },
                    .inputs = {{{2, 3, 4}, Kind::distinct}},
                    .dtypes = everything,
                    .also = std::move(also),
                    .large = {{17, 61, 13}},
                    .differentiable = differentiable,
                    .bad = std::move(bad)});
  };
  auto both = [](ValuesIndices r) { return Tensors{r.values, r.indices}; };
  const std::vector<Shapes> flat = {{{}}, {{1}}, {{37}}}, with_dim = {{{3, 5}}, {{2, 1, 0}}};
  one(
      "max", [](const Tensor& x) { return max(x); }, true,
      {{"max: there is no element to choose from in shape [0]", [] { max(zeros({0})); }}}, flat);
  one(
      "min", [](const Tensor& x) { return min(x); }, true,
      {{"min: there is no element to choose from in shape [0]", [] { min(zeros({0})); }}}, flat);
  one(
      "max_dim", [=](const Tensor& x) { return both(max(x, 1)); }, true,
      {{"max: dimension 1 is not in [-1, 1) for shape [2]", [] { max(ones({2}), 1); }},
       {"max: there is no element to choose from in shape [2, 0]",
        [] {
          max(zeros({2, 0}), 1);
        }}},
      with_dim);
  one(
      "min_dim", [=](const Tensor& x) { return both(min(x, 1, keepdim)); }, true,
      {{"min: dimension -2 is not in [-1, 1) for shape [2]", [] { min(ones({2}), -2); }}},
      with_dim);
  one(
      "argmax", [](const Tensor& x) { return argmax(x); }, false,
      {{"argmax: there is no element to choose from in shape [0]", [] { argmax(zeros({0})); }}},
      flat);
  one(
      "argmin", [](const Tensor& x) { return argmin(x); }, false,
      {{"argmin: there is no element to choose from in shape [0]", [] { argmin(zeros({0})); }}},
      flat);
  one(
      "argmax_dim", [](const Tensor& x) { return argmax(x, 1); }, false,
      {{"argmax: dimension 3 is not in [-1, 1) for shape [2]", [] { argmax(ones({2}), 3); }}},
      with_dim);
  one(
      "argmin_dim", [](const Tensor& x) { return argmin(x, -2, keepdim); }, false,
      {{"argmin: dimension 3 is not in [-1, 1) for shape [2]", [] { argmin(ones({2}), 3); }}},
      with_dim);
}

void ties(std::vector<Row>& rows) {
  auto row = [&](const char* name, std::function<Tensors(const Tensor&)> f, bool differentiable) {
    rows.push_back({.name = name,
                    .call = [f](const Tensors& in) { return f(floor(in[0])); },
                    .inputs = {{{3, 7}}},
                    .dtypes = numbers,
                    .differentiable = differentiable,
                    .bad = {{"amax: there is no element to choose from in shape [2, 0]", [] {
                               amax(zeros({2, 0}), 1);
                             }}}});
  };
  row(
      "argmax_ties",
      [](const Tensor& x) {
        return Tensors{argmax(x, 1), argmin(x, 1), argmax(x), argmin(x)};
      },
      false);
  row(
      "amax_ties",
      [](const Tensor& x) {
        return Tensors{amax(x, 1), amin(x, 0)};
      },
      true);
}

void logical(std::vector<Row>& rows) {
  for (auto [name, f] : {std::pair<const char*, Reduction3>{"any", any}, {"all", all}}) {
    auto more = over_dims(name, f, Kind::boolean, 0, "exact", booleans, true);
    for (auto& row : more) row.differentiable = false;
    append(rows, more);
    rows.push_back(more[1]);
    rows.back().name = std::string(name) + "_numbers";
    rows.back().inputs[0].kind = Kind::any;
    rows.back().dtypes = everything;
    rows.back().call = [f = f](const Tensors& in) { return f(maximum(in[0], 0), -1, false); };
  }
}

Tensor var_unbiased(In x, const Axes& dims, bool keep) {
  return var({*x, x.location}, dims, 1, keep);
}

}  // namespace

std::vector<Row> reduce_rows() {
  std::vector<Row> rows;
  extremes(rows);
  ties(rows);
  logical(rows);
  append(rows, over_dims("sum", sum, Kind::any, 8, sums, everything, true));
  append(rows, over_dims("mean", mean, Kind::any, 8, sums, floats, false));
  append(rows, over_dims("prod", prod, Kind::positive, 12, products, numbers, true));
  for (auto& row : rows) {
    if (!row.name.starts_with("prod")) continue;
    row.inputs[0].shape = {2, 2, 3};
    std::erase(row.also, Shapes{{37}});
    row.large = {{17, 61, 13}};
  }
  append(rows, over_dims("logsumexp", logsumexp, Kind::any, 8, sums, everything, true));
  auto variances =
      over_dims("var", var_unbiased, Kind::any, 16, "a mean, and sums of squares", floats, false);
  for (auto& row : variances) row.also = {{{3, 5, 2}}};
  append(rows, variances);
  rows.push_back({.name = "var_biased",
                  .call =
                      [](const Tensors& in) {
                        return var(in[0], {0, 1}, 0, keepdim);
                      },
                  .inputs = {{{3, 2, 4}}},
                  .ulps = 16,
                  .reason = "a mean, and sums of squares",
                  .also = {{{2, 1}}, {{1, 1, 3}}},
                  .large = {{61, 17, 130}},
                  .bad = {{"var: expected a floating dtype, got int64; convert with to(float32)",
                           [] { var(ones({2}, {.dtype = int64})); }},
                          {"mean: expected a floating dtype, got int64; convert with to(float32)",
                           [] { mean(ones({2}, {.dtype = int64})); }}}});
  return rows;
}

}  // namespace op_table
