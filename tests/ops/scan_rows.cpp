// SPDX-License-Identifier: MIT
// Rows: running totals and extremes, differences, integrals and derivatives of samples.
#include "op_table.h"

namespace op_table {
namespace {

Tensors both(const ValuesIndices& r) { return {r.values, r.indices}; }

constexpr const char* sums = "sums of up to 7 values, in any order";

Row scan_row(const char* name, std::function<Tensors(const Tensor&)> call, Kind kind, double ulps,
             const char* reason, unsigned dtypes, std::vector<Shapes> also) {
  return {
      .name = name,
      .call = [call](const Tensors& in) { return call(in[0]); },
      .inputs = {{{2, 3, 2}, kind}},
      .ulps = ulps,
      .reason = reason,
      .dtypes = dtypes,
      .also = std::move(also),
      .large = {{17, 61, 13}},
      .bad = {{"cumsum: dimension 2 is not in [-2, 2) for shape [2, 3]",
               [] {
                 cumsum(ones({2, 3}), 2);
               }},
              {"cumprod: dimension -3 is not in [-2, 2) for shape [2, 3]",
               [] {
                 cumprod(ones({2, 3}), -3);
               }},
              {"cummax: dimension 1 is not in [-1, 1) for shape [2]", [] { cummax(ones({2}), 1); }},
              {"logcumsumexp: expected a floating dtype, got int64; convert with to(float32)",
               [] { logcumsumexp(ones({2}, {.dtype = int64}), 0); }}}};
}

void scans(std::vector<Row>& rows) {
  const std::vector<Shapes> last = {{{}}, {{1}}, {{7}}, {{0}}, {{2, 0}}},
                            middle = {{{3, 1}}, {{0, 3}}};
  rows.push_back(scan_row(
      "cumsum", [](const Tensor& x) { return cumsum(x, 1); }, Kind::any, 8, sums, everything,
      middle));
  rows.push_back(scan_row(
      "cumsum_last", [](const Tensor& x) { return cumsum(x, -1); }, Kind::positive, 8, sums,
      everything, last));
  rows.back().large = {{3, 20000}};
  rows.push_back(scan_row(
      "cumprod", [](const Tensor& x) { return cumprod(x, 1); }, Kind::positive, 12,
      "products of up to 12 values, in any order", numbers, middle));
  rows.push_back(scan_row("cumprod_last", [](const Tensor& x) { return cumprod(x, -1); },
                          Kind::unit, 12, "products of up to 12 values, in any order", numbers,
                          {{{}}, {{1}}, {{7}}, {{2, 0}}}));
  for (auto [name, f] :
       {std::pair<const char*, ValuesIndices (*)(In, int)>{"cummax", cummax}, {"cummin", cummin}}) {
    rows.push_back(scan_row(
        name, [f = f](const Tensor& x) { return both(f(x, 1)); }, Kind::distinct, 0, "exact",
        everything, middle));
    rows.push_back(scan_row(
        name, [f = f](const Tensor& x) { return both(f(floor(x), -1)); }, Kind::any, 0, "exact",
        numbers, last));
    rows.back().name += "_ties", rows.back().differentiable = false;
  }
  rows.push_back(scan_row(
      "logcumsumexp", [](const Tensor& x) { return logcumsumexp(x, 1); }, Kind::any, 16,
      "logarithms of sums of up to 7 values", floats, middle));
  rows.push_back(scan_row(
      "logcumsumexp_last", [](const Tensor& x) { return logcumsumexp(x, -1); }, Kind::any, 16,
      "logarithms of sums of up to 7 values", floats, last));
}

void differences(std::vector<Row>& rows) {
  rows.push_back({.name = "diff",
                  .call =
                      [](const Tensors& in) {
                        return Tensors{diff(in[0]), diff(in[0], 2, 0), diff(in[0], 0)};
                      },
                  .inputs = {{{3, 4}}},
                  .ulps = 2,
                  .reason = "a difference of differences",
                  .dtypes = numbers,
                  .also = {{{1, 1}}, {{0, 2}}},
                  .bad = {{"diff: a 0-d tensor has no neighbours", [] { diff(ones({})); }},
                          {"diff: n must not be negative, got -1", [] { diff(ones({2}), -1); }},
                          {"diff: dimension 1 is not in [-1, 1) for shape [2]",
                           [] { diff(ones({2}), 1, 1); }}}});
  rows.push_back({.name = "diff_joined",
                  .call = [](const Tensors& in) { return diff(in[0], 1, 1, in[1], in[2]); },
                  .inputs = {{{2, 3}}, {{2, 1}}, {{2, 2}}},
                  .ulps = 1,
                  .reason = "a difference",
                  .dtypes = numbers,
                  .bad = {{"diff: dimension 2 is not in [-2, 2) for shape [2, 3]", [] {
                             diff(ones({2, 3}), 1, 2);
                           }}}});
  for (auto [name, with_dx, with_x] :
       {std::tuple<const char*, Tensor (*)(In, double, int), Tensor (*)(In, In, int)>{
            "trapezoid", trapezoid, trapezoid},
        {"trapz", trapz, trapz},
        {"cumulative_trapezoid", cumulative_trapezoid, cumulative_trapezoid}}) {
    const std::string n = name == std::string("trapz") ? "trapezoid" : name;
    rows.push_back(
        {.name = std::string(name),
         .call =
             [f = with_dx](const Tensors& in) {
               return Tensors{f(in[0], 1, -1), f(in[0], 0.5, 0)};
             },
         .inputs = {{{3, 4}}},
         .ulps = 8,
         .reason = sums,
         .also = {{{1, 1}}, {{0, 2}}},
         .bad = {{n + ": a 0-d tensor has no neighbours", [f = with_dx] { f(ones({}), 1, -1); }},
                 {n + ": dimension 1 is not in [-1, 1) for shape [2]",
                  [f = with_dx] { f(ones({2}), 1, 1); }}}});
    rows.push_back({.name = std::string(name) + "_points",
                    .call = [f = with_x](const Tensors& in) { return f(in[0], in[1], 1); },
                    .inputs = {{{2, 4, 2}}, {{4}}},
                    .ulps = 16,
                    .reason = sums,
                    .also = {{{2, 4}, {2, 4}}, {{2, 4}, {1, 4}}},
                    .bad = {{n + ": the points x of shape [3] do not fit y of shape [2] along "
                                 "dimension 0",
                             [f = with_x] { f(ones({2}), ones({3}), 0); }}}});
  }
  rows.push_back({.name = "gradient",
                  .call =
                      [](const Tensors& in) {
                        Tensors all(gradient(in[0], {0.5, 0.25}));
                        all.push_back(gradient(in[0], 1, 1, 2)[0]);
                        return all;
                      },
                  .inputs = {{{3, 4}}},
                  .ulps = 16,
                  .reason = "differences of quotients",
                  .also = {{{2, 3}}},
                  .bad = {{"gradient: edge_order must be 1 or 2, got 3",
                           [] { gradient(ones({4}), 1, {}, 3); }},
                          {with_marks("gradient: edge_order 2 needs at least 3 elements along "
                                      "dimension 0 of shape [2]",
                                      {77}),
                           [] { gradient(ones({2}), 1, 0, 2); }}}});
  rows.push_back({.name = "gradient_coordinates",
                  .call =
                      [](const Tensors& in) {
                        const Tensor rows = cumsum(in[1], 0), columns = cumsum(in[2], 0);
                        Tensors all(gradient(in[0], {rows, columns}, {0, 1}, 2));
                        all.push_back(gradient(in[0], Tensors{columns}, 1)[0]);
                        return all;
                      },
                  .inputs = {{{3, 4}}, {{3}, Kind::positive}, {{4}, Kind::positive}},
                  .ulps = 32,
                  .reason = "differences of quotients",
                  .bad = {{"gradient: expected spacing for 2 dimensions, got 1",
                           [] {
                             gradient(ones({2, 2}), Tensors{ones({2})});
                           }},
                          {"gradient: expected coordinates of shape [2], got [3]",
                           [] { gradient(ones({2}), Tensors{ones({3})}); }}}});
}

}  // namespace

std::vector<Row> scan_rows() {
  std::vector<Row> rows;
  scans(rows);
  differences(rows);
  return rows;
}

}  // namespace op_table
