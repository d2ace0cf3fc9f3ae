// SPDX-License-Identifier: MIT
// Rows: standard deviations, norms, sums without NaN, counts.
#include <cmath>

#include "op_table.h"

namespace op_table {
namespace {

Row row(const char* name, std::function<Tensors(const Tensor&)> call, double ulps,
        const char* reason, std::vector<BadCall> bad) {
  return {.name = name,
          .call = [call](const Tensors& in) { return call(in[0]); },
          .inputs = {{{2, 3, 4}}},
          .ulps = ulps,
          .reason = reason,
          .also = {{{3, 5, 2}}},
          .large = {{17, 61, 13}},
          .bad = std::move(bad)};
}

}  // namespace

std::vector<Row> statistics_rows() {
  const char *squares = "a mean, and sums of squares", *powers = "roots of sums of powers",
             *sums = "sums of up to 37 values, in any order";
  const std::vector<BadCall> of_std = {
      {"std: expected a floating dtype, got int64; convert with to(float32)",
       [] { tinygrad::std(ones({2}, {.dtype = int64})); }},
      {"std: dimension 2 is not in [-2, 2) for shape [2, 3]", [] {
         tinygrad::std(ones({2, 3}), 2);
       }}};
  const std::vector<BadCall> of_norm = {
      {"norm: expected a floating dtype, got int64; convert with to(float32)",
       [] { norm(ones({2}, {.dtype = int64})); }},
      {"norm: there is no element to choose from in shape [2, 0]", [] {
         norm(ones({2, 0}), INFINITY, 1);
       }}};
  std::vector<Row> rows = {
      row(
          "std", [](const Tensor& x) { return tinygrad::std(x); }, 16, squares, of_std),
      row(
          "std_dims",
          [](const Tensor& x) {
            return Tensors{tinygrad::std(x, {0, 2}, 0, keepdim), tinygrad::std(x, 1)};
          },
          16, squares, of_std),
      row(
          "std_mean",
          [](const Tensor& x) {
            const auto [s, m] = std_mean(x, 1, 0);
            return Tensors{s, m};
          },
          16, squares, of_std),
      row("var_mean",
          [](const Tensor& x) {
            const auto [v, m] = var_mean(x, {0, 1}, 1, keepdim);
            return Tensors{v, m};
          },
          16, squares,
          {{"var: expected a floating dtype, got int64; convert with to(float32)",
            [] { var_mean(ones({2}, {.dtype = int64})); }}}),
      row(
          "norm",
          [](const Tensor& x) {
            return Tensors{norm(x), norm(x, 2, 1, keepdim), norm(x, 1, {0, 2})};
          },
          16, powers, of_norm),
      row(
          "norm_powers",
          [](const Tensor& x) {
            return Tensors{norm(x, 3.5, 1), norm(x, 0.5, 0), norm(x, -2, 2)};
          },
          64, powers, of_norm),
      row(
          "vector_norm", [](const Tensor& x) { return vector_norm(x, 4, -1); }, 64, powers,
          of_norm),
      row(
          "norm_extremes",
          [](const Tensor& x) {
            return Tensors{norm(x, INFINITY, 1), norm(x, -INFINITY, 0), norm(x, 0, 1)};
          },
          0, "exact", of_norm),
      row("nansum",
          [](const Tensor& x) {
            return Tensors{nansum(x), nansum(x, {0, 2}, keepdim)};
          },
          8, sums,
          {{"nansum: dimension 2 is not in [-2, 2) for shape [2, 3]",
            [] {
              nansum(ones({2, 3}), 2);
            }}}),
      row("nanmean",
          [](const Tensor& x) {
            return Tensors{nanmean(x), nanmean(x, {0, 2}, keepdim)};
          },
          8, sums,
          {{"nanmean: expected a floating dtype, got int64; convert with to(float32)",
            [] { nanmean(ones({2}, {.dtype = int64})); }}}),
      row("count_nonzero",
          [](const Tensor& x) {
            return Tensors{count_nonzero(x), count_nonzero(relu(x), 1)};
          },
          0, "exact",
          {{"count_nonzero: dimension 2 is not in [-2, 2) for shape [2, 3]",
            [] {
              count_nonzero(ones({2, 3}), 2);
            }}}),
      row("aminmax",
          [](const Tensor& x) {
            const auto [low, high] = aminmax(x, {0, 1}, keepdim);
            return Tensors{low, high};
          },
          0, "exact",
          {{"amin: there is no element to choose from in shape [0]", [] { aminmax(ones({0})); }}})};
  for (Row& r : rows) {
    if (r.name == "nansum" || r.name == "count_nonzero" || r.name == "aminmax")
      r.dtypes = r.name == "nansum" ? everything : numbers;
    if (r.name == "count_nonzero") r.differentiable = false;
    if (r.name == "norm_extremes" || r.name == "aminmax") r.inputs[0].kind = Kind::distinct;
    if (r.name.starts_with("norm") || r.name.starts_with("nan")) r.also.push_back({{1, 1, 1}});
  }
  return rows;
}

}  // namespace op_table
