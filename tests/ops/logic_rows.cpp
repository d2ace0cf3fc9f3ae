// SPDX-License-Identifier: MIT
// Rows: tests of elements, and logic.
#include <cmath>

#include "elementwise_rows.h"

namespace op_table {
namespace {

/// x with NaN where |x| < 0.5, and infinities where |x| > 1.
Tensor with_specials(const Tensor& x) {
  const Tensor t = is_floating(x.dtype()) ? x : x.to(float32);
  return where(abs(t) < 0.5, NAN, t / where(abs(t) > 1, 0, t));
}

void tests(std::vector<Row>& rows) {
  const std::pair<const char*, Unary> functions[] = {{"isnan", isnan},
                                                     {"isinf", isinf},
                                                     {"isposinf", isposinf},
                                                     {"isneginf", isneginf},
                                                     {"isfinite", isfinite},
                                                     {"signbit", signbit},
                                                     {"logical_not", logical_not}};
  for (auto& [name, f] : functions) {
    rows.push_back(unary(name, f, Kind::any, 0, "exact", any_dtype));
    if (std::string(name).starts_with("is"))
      rows.back().call = [f = f](const Tensors& in) {
        return Tensors{f(in[0]), f(with_specials(in[0]))};
      };
  }
}

void pairs(std::vector<Row>& rows) {
  const std::pair<const char*, Binary> functions[] = {
      {"logical_and", logical_and},
      {"logical_or", logical_or},
      {"logical_xor", logical_xor},
      {"isclose", [](In a, In b) {
         return isclose({*a, a.location}, *b, 0.25, 0.125);
       }}};
  for (auto& [name, f] : functions)
    rows.push_back(binary(name, f, Kind::any, 0, "exact", everything | storage));
  rows.back().bad.push_back({"isclose: tolerances must not be negative, got rtol -1 and atol 0",
                             [] { isclose(ones({2}), ones({2}), -1, 0); }});
}

}  // namespace

std::vector<Row> logic_rows() {
  std::vector<Row> rows;
  tests(rows);
  pairs(rows);
  for (Row& row : rows) row.no_golden = by_opinfo, row.differentiable = false;
  rows.push_back(binary("heaviside", heaviside, Kind::any, 0, "exact", everything | storage));
  rows.back().no_golden = by_opinfo;
  return rows;
}

}  // namespace op_table
