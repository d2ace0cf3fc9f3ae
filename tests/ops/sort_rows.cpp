// SPDX-License-Identifier: MIT
// Rows: sorting, and what is read from sorted elements. tests/core/order_test.cpp has NaN and ties.
#include "op_table.h"

namespace op_table {
namespace {

Tensors both(const ValuesIndices& r) { return {r.values, r.indices}; }

const std::vector<Shapes> along_1 = {{{3, 1}}, {{0, 3}}, {{1, 9}}};

const BadCall no_dim = {"sort: dimension 1 is not in [-1, 1) for shape [2]",
                        [] { sort(ones({2}), 1); }};

Row row(const char* name, std::function<Tensors(const Tensor&)> call, std::vector<Shapes> also,
        std::vector<BadCall> bad) {
  return {.name = name,
          .call = [call](const Tensors& in) { return call(in[0]); },
          .inputs = {{{2, 3, 2}, Kind::distinct}},
          .dtypes = everything,
          .also = std::move(also),
          .large = {{5, 70, 13}},
          .bad = std::move(bad)};
}

/// Of integers, of which many are equal: without a gradient.
Row ties(const char* name, std::function<Tensors(const Tensor&)> call) {
  Row r = row(name, [call](const Tensor& x) { return call(floor(x)); }, {}, {no_dim});
  r.inputs[0].kind = Kind::any;
  r.dtypes = numbers, r.differentiable = false;
  return r;
}

Row quantile_row(const char* name, std::function<Tensors(const Tensor&)> call) {
  Row r = row(name, call, {{{1, 1, 1}}, {{3, 1, 2}}},
              {{"quantile: q = 1.5 is not in [0, 1]", [] { quantile(ones({2}), 1.5); }},
               {"nanquantile: q = -1 is not in [0, 1]",
                [] {
                  nanquantile(ones({2}), {0.5, -1});
                }},
               {"quantile: there is no element to choose from in shape [2, 0]",
                [] {
                  quantile(ones({2, 0}), 0.5, 1);
                }},
               {"quantile: expected a floating dtype, got int64; convert with to(float32)",
                [] { quantile(ones({2}, {.dtype = int64}), 0.5); }}});
  r.dtypes = floats, r.large = {{3, 70, 5}};  // "sort" has more
  r.ulps = 4, r.reason = "an interpolation";
  return r;
}

}  // namespace

std::vector<Row> sort_rows() {
  const BadCall no_k = {"topk: k = 4 is not in [0, 3], for dimension 1 of shape [2, 3]", [] {
                          topk(ones({2, 3}), 4);
                        }};
  const BadCall not_kth = {"kthvalue: k = 0 is not in [1, 3], for dimension 1 of shape [2, 3]", [] {
                             kthvalue(ones({2, 3}), 0);
                           }};
  const BadCall nothing = {
      "median: there is no element to choose from in dimension 1 of shape [2, 0]", [] {
        median(ones({2, 0}), 1);
      }};
  std::vector<Row> rows = {
      row("sort", [](const Tensor& x) { return both(sort(x, 1)); }, along_1, {no_dim}),
      row("sort_descending", [](const Tensor& x) { return both(sort(x, -1, true)); },
          {{{}}, {{1}}, {{9}}, {{0}}, {{2, 0}}},
          {{"sort: dimension 2 is not in [-2, 2) for shape [2, 3]",
            [] {
              sort(ones({2, 3}), 2);
            }}}),
      row("argsort",
          [](const Tensor& x) {
            return Tensors{argsort(x, 1), argsort(x, 0, true)};
          },
          along_1,
          {{"argsort: dimension 2 is not in [-2, 2) for shape [2, 3]",
            [] {
              argsort(ones({2, 3}), 2);
            }}}),
      row("msort", [](const Tensor& x) { return msort(x); }, {{{5}}},
          {{"msort: int8 is a storage dtype; convert with .to(int32)",
            [] { msort(ones({2}, {.dtype = int8})); }}}),
      row("topk", [](const Tensor& x) { return both(topk(x, 2, 1)); }, {{{3, 2}}}, {no_k}),
      row("topk_smallest", [](const Tensor& x) { return both(topk(x, 1, -1, false)); },
          {{{}}, {{1}}, {{9}}}, {no_k}),
      row("kthvalue", [](const Tensor& x) { return both(kthvalue(x, 2, 1)); }, {{{3, 2}}},
          {not_kth}),
      row("kthvalue_keepdim", [](const Tensor& x) { return both(kthvalue(x, 1, -1, keepdim)); },
          {{{}}, {{9}}}, {not_kth}),
      row("median",
          [](const Tensor& x) {
            return Tensors{median(x), nanmedian(x)};
          },
          {{{}}, {{6}}}, {nothing}),
      row("median_dim", [](const Tensor& x) { return both(median(x, 1)); }, {{{3, 6}}}, {nothing}),
      row("nanmedian_dim", [](const Tensor& x) { return both(nanmedian(x, -1, keepdim)); },
          {{{}}, {{6}}},
          {{"nanmedian: there is no element to choose from in dimension 1 of shape [2, 0]",
            [] {
              nanmedian(ones({2, 0}), 1);
            }}}),
      ties("sort_ties", [](const Tensor& x) { return both(sort(x, 1)); }),
      ties("sort_ties_descending", [](const Tensor& x) { return both(sort(x, 0, true)); }),
      ties("mode", [](const Tensor& x) { return both(mode(x, 1)); }),
      ties("mode_keepdim", [](const Tensor& x) { return both(mode(x, -1, keepdim)); }),
      quantile_row("quantile", [](const Tensor& x) { return quantile(x, 0.3, 1); }),
      quantile_row("quantile_all",
                   [](const Tensor& x) {
                     return quantile(x, {0.25, 0.6, 1});
                   }),
      quantile_row("quantile_dims",
                   [](const Tensor& x) {
                     return quantile(x, {0.1, 0.75}, {0, 2}, keepdim);
                   }),
      quantile_row("quantile_interpolations",
                   [](const Tensor& x) {
                     return Tensors{quantile(x, 0.3, 1, false, Interpolation::lower),
                                    quantile(x, 0.3, 1, false, Interpolation::higher),
                                    quantile(x, 0.3, 1, false, Interpolation::midpoint),
                                    quantile(x, 0.3, 1, false, Interpolation::nearest)};
                   }),
      quantile_row("nanquantile",
                   [](const Tensor& x) {
                     return Tensors{nanquantile(x, {0.3, 0.5}, 1), nanquantile(x, 0.25)};
                   }),
  };
  for (Row& r : rows)
    if (r.name == "argsort") r.differentiable = false;
    else if (!r.name.starts_with("sort")) r.large = {{3, 700, 5}};  // ranks are selected
  return rows;
}

}  // namespace op_table
