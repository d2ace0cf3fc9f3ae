// SPDX-License-Identifier: MIT
// Rows: elementwise functions that are formulas of other ops, remainders, and bits of integers.
#include "elementwise_rows.h"

namespace op_table {
namespace {

Tensor whole(const Tensor& x) { return is_floating(x.dtype()) ? x.to(int64) : x; }

void functions(std::vector<Row>& rows) {
  auto row = [&](const char* name, Unary f, Kind kind, double ulps, const char* reason,
                 unsigned dtypes = numbers) {
    rows.push_back(unary(name, f, kind, ulps, reason, dtypes));
  };
  row("log2", log2, Kind::positive, 4, library);
  row("log10", log10, Kind::positive, 4, library);
  row("atan", atan, Kind::any, 4, library);
  row("erfc", erfc, Kind::any, 16, "OpenCL allows that many", floats);
  row("tan", tan, Kind::unit, 8, library);
  row("asin", asin, Kind::unit, 8, few, floats);
  row("acos", acos, Kind::unit, 8, few, floats);
  row("sinh", sinh, Kind::any, 8, library);
  row("cosh", cosh, Kind::any, 8, library);
  row("asinh", asinh, Kind::any, 8, few);
  row(
      "acosh", [](In x) { return acosh(*x + 1); }, Kind::positive, 8, few);
  row("atanh", atanh, Kind::unit, 8, few, floats);
  row("exp2", exp2, Kind::any, 8, library);
  row("sinc", sinc, Kind::any, 12, few, floats);
  row("deg2rad", deg2rad, Kind::any, 2, one_rounding);
  row("rad2deg", rad2deg, Kind::any, 2, one_rounding);
  row(
      "logit", [](In x) { return logit(*x * 0.5 + 0.5); }, Kind::unit, 16,
      "the logarithm of a rounded quotient", floats);
  row(
      "logit_eps", [](In x) { return logit(*x * 0.25 + 0.5, 0.25); }, Kind::any, 16,
      "the logarithm of a rounded quotient", floats);
  row("trunc", trunc, Kind::any, 0, "exact");
  row("fix", fix, Kind::any, 0, "exact");
  row("frac", frac, Kind::any, 0, "exact");
  row("positive", positive, Kind::any, 0, "exact");
  rows.back().bad.push_back({"positive: bools have no sign; convert with to(int64)",
                             [] { positive(ones({2}, {.dtype = boolean})); }});
  row(
      "nan_to_num", [](In x) { return nan_to_num(*x, 2, 3, -3); }, Kind::any, 0, "exact",
      everything);
}

Row frexp_row() {
  Row row = unary("frexp", nullptr, Kind::any, 0, "exact");
  row.call = [](const Tensors& in) {
    const auto [mantissa, exponent] = frexp(in[0]);
    return Tensors{mantissa, exponent};
  };
  row.bad = {{"frexp: expected a floating dtype, got int64; convert with to(float32)",
              [] { frexp(ones({2}, {.dtype = int64})); }}};
  return row;
}

void pairs(std::vector<Row>& rows) {
  auto row = [&](const char* name, Binary f, Kind kind, double ulps, const char* reason,
                 unsigned dtypes = numbers) {
    rows.push_back(binary(name, f, kind, ulps, reason, dtypes));
  };
  row("fmod", fmod, Kind::positive, 0, "exact");
  row("remainder", remainder, Kind::positive, 0, "exact");
  row("floor_divide", floor_divide, Kind::positive, 0, "exact");
  row("atan2", atan2, Kind::any, 8, few);
  row("hypot", hypot, Kind::any, 8, few);
  row("logaddexp", logaddexp, Kind::any, 8, library);
  row("logaddexp2", logaddexp2, Kind::any, 8, library);
  row("xlogy", xlogy, Kind::positive, 6, library);
  row("copysign", copysign, Kind::any, 0, "exact");
  row("float_power", float_power, Kind::positive, 8, "exp and log of the mathematical library");
  row("ldexp", ldexp, Kind::any, 8, library);
  row("nextafter", nextafter, Kind::distinct, 1, "a neighbour in float64 is nearer", floats);
  rows.back().bad.push_back(
      {"nextafter: expected a floating dtype, got int64; convert with to(float32)",
       [] { nextafter(ones({2}), ones({2}, {.dtype = int64})); }});
  row("fmax", fmax, Kind::distinct, 0, "exact", everything);
  row("fmin", fmin, Kind::distinct, 0, "exact", everything);
}

void scalars(std::vector<Row>& rows) {
  auto row = [&](const char* name, std::function<Tensor(const Tensor&)> f, Kind kind = Kind::any,
                 double ulps = 0) {
    rows.push_back(scalar(name, std::move(f), kind, ulps, ulps > 0 ? library : "exact", floats));
  };
  row("fmod_scalar", [](const Tensor& x) { return fmod(x, -0.75); });
  row("remainder_operator", [](const Tensor& x) { return x % -0.75; });
  row("scalar_remainder", [](const Tensor& x) { return 3.5 % x; });
  row("div_trunc", [](const Tensor& x) { return div(x, 0.75, Rounding::trunc); });
  row("div_floor", [](const Tensor& x) { return div(x, 0.75, Rounding::floor); });
  row("copysign_scalar", [](const Tensor& x) { return copysign(x, -0.0); });
  row(
      "xlogy_scalars", [](const Tensor& x) { return xlogy(x, 3) + xlogy(3.0, x); }, Kind::positive,
      8);
  row(
      "float_power_scalars", [](const Tensor& x) { return float_power(x, 3) + float_power(3, x); },
      Kind::positive, 8);
}

/// On integers and bools; reals become integers first.
Row of_integers(const char* name, std::function<Tensors(const Tensors&)> f, Binary bad,
                unsigned dtypes) {
  Row row = binary(name, nullptr, Kind::any, 0, "exact", dtypes);
  row.call = [f](const Tensors& in) { return f({whole(in[0]), whole(in[1])}); };
  row.bad = {{"bitwise_and: takes integers and bools, got float32; convert with to(int64)",
              [bad] { bad(ones({2}), ones({2})); }}};
  if (name != std::string("bitwise_operators"))
    row.bad[0].message.replace(0, 11, name == std::string("lcm") ? "gcd" : name);
  row.differentiable = false;
  return row;
}

void bits(std::vector<Row>& rows) {
  const std::tuple<const char*, Binary, unsigned> functions[] = {
      {"bitwise_and", bitwise_and, integers | booleans},
      {"bitwise_or", bitwise_or, integers | booleans},
      {"bitwise_xor", bitwise_xor, integers | booleans},
      {"bitwise_left_shift", bitwise_left_shift, integers},
      {"bitwise_right_shift", bitwise_right_shift, integers},
      {"gcd", gcd, integers},
      {"lcm", lcm, integers}};
  for (auto& [name, f, dtypes] : functions)
    rows.push_back(of_integers(
        name, [f = f](const Tensors& in) { return f(in[0], in[1]); }, f, dtypes));
  rows.push_back(of_integers(
      "bitwise_operators",
      [](const Tensors& in) {
        const Tensor &a = in[0], &b = in[1];
        return Tensors{a & b, a | b, a ^ b, a << b, a >> b, ~a,
                       a & 5, 5 | b, 5 ^ b, a << 2, a >> 1};
      },
      bitwise_and, integers));
  Row complement = unary("bitwise_not", nullptr, Kind::any, 0, "exact", integers);
  complement.call = [](const Tensors& in) { return bitwise_not(whole(in[0])); };
  complement.bad = {{"bitwise_not: takes integers and bools, got float32; convert with to(int64)",
                     [] { bitwise_not(ones({2})); }}};
  complement.differentiable = false;
  rows.push_back(complement);
}

}  // namespace

std::vector<Row> math_rows() {
  std::vector<Row> rows;
  functions(rows);
  rows.push_back(frexp_row());
  pairs(rows);
  scalars(rows);
  bits(rows);
  for (Row& row : rows) row.no_golden = by_opinfo;
  return rows;
}

}  // namespace op_table
