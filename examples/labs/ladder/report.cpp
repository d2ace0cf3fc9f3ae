// SPDX-License-Identifier: MIT
// Tables and pictures of ladders.
#include "labs/ladder/report.h"

#include <fmt/format.h>

namespace ladder {

using tinygrad::Tensor;

Tensor bound(int roundings, const Tensor& absolute) {
  const double nu = roundings * std::ldexp(1, -24);
  return absolute.to(tinygrad::float64) * (nu / (1 - nu));
}

std::vector<double> show(lab::Lab& lab, const std::string& name, const plot::Text& title,
                         const std::vector<std::string>& sizes, double limit, const Tensor& exact,
                         const std::vector<Rung>& rungs) {
  std::vector<lab::Row> rows;
  std::vector<double> errors, bounds;
  std::vector<plot::Text> names;
  std::vector<plot::Series> rates;
  bool within = true;
  for (auto& size : sizes) rates.push_back({size, {}, {}});
  for (auto& rung : rungs) {
    const Tensor error = abs(rung.result.to(tinygrad::float64) - exact);
    within = within && all(error <= rung.bound).item<bool>();
    errors.push_back(max(error).item<double>()), bounds.push_back(max(rung.bound).item<double>());
    names.push_back(rung.name), rows.push_back({rung.name.en});
    for (std::size_t i = 0; i < sizes.size(); ++i)
      rates[i].y.push_back(rung.gflops[i]), rows.back().emplace_back(rung.gflops[i]);
    for (const double cell : {100 * rung.gflops.back() / limit, errors.back(), bounds.back()})
      rows.back().emplace_back(cell);
  }
  std::vector<lab::Column> columns{{"rung"}};
  for (auto& size : sizes) columns.push_back({size + ": GFLOP/s", "{:.2f}", lab::any});
  columns.push_back({"% of the limit", "{:.1f}", lab::any});
  columns.push_back({"largest error", "{:.1e}", lab::any});
  columns.push_back({"its bound", "{:.1e}", lab::any});
  lab.table(name, columns, rows);

  std::vector<plot::Text> with_limit = names;
  with_limit.push_back({"limit", "上限"});
  for (auto& series : rates) series.y.push_back(limit);
  lab.picture(name,
              {{.title = title,
                .x = "",
                .y = "GFLOP/s",
                .y_axis = plot::Axis::log,
                .series = rates,
                .categories = with_limit},
               {.title = {"Largest error against float64", "与 float64 相比的最大误差"},
                .x = "",
                .y = {"error", "误差"},
                .y_axis = plot::Axis::log,
                .series = {{{"error", "误差"}, {}, errors}, {{"its bound", "误差界"}, {}, bounds}},
                .categories = names}});
  lab.claim(fmt::format("{}: every rung computes it to within the bound of its roundings", name),
            within);
  return errors;
}

}  // namespace ladder
