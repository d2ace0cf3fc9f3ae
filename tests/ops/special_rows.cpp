// SPDX-License-Identifier: MIT
// Rows of the table: the gamma function's relatives and the inverse of erf.
#include "elementwise_rows.h"

namespace op_table {

std::vector<Row> special_rows() {
  const char* series = "a series, and logarithms that cancel";
  const auto row = [](const char* name, Unary f, Kind kind, double ulps, const char* reason) {
    Row r = unary(name, f, kind, ulps, reason);
    r.no_golden = by_opinfo;
    r.large = {{3, 70}};  // formulas of a hundred ops
    return r;
  };
  std::vector<Row> rows = {
      row("lgamma", lgamma, Kind::positive, 32, series),
      row(
          "lgamma_left", [](In x) { return lgamma(*x * 0.4 - 0.5); }, Kind::unit, 256, series),
      row("digamma", digamma, Kind::positive, 64, series),
      row(
          "digamma_large", [](In x) { return digamma(*x * 7 + 1); }, Kind::positive, 32, series),
      row(
          "polygamma", [](In x) { return polygamma(1, *x); }, Kind::positive, 64, series),
      row(
          "mvlgamma", [](In x) { return mvlgamma(*x + 2, 3); }, Kind::positive, 128, series),
      row(
          "erfinv", [](In x) { return erfinv(*x * 0.9); }, Kind::unit, 32,
          "steps of Halley's iteration, which cancel"),
  };
  rows[4].bad.push_back(
      {"polygamma: n must not be negative, got -1", [] { polygamma(-1, ones({2})); }});
  return rows;
}

}  // namespace op_table
