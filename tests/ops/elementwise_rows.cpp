// SPDX-License-Identifier: MIT
// Rows: elementwise ops.
#include "elementwise_rows.h"

#include "core/check.h"

namespace op_table {

const std::vector<BadCall> undefined = {
    {std::string("tensor: an undefined tensor was used; ") + why_undefined, [] { exp(Tensor()); }}};

/// Shapes that every op on one input accepts: 0-d, one, empty, and odd lengths that no vector
/// divides.
const std::vector<Shapes> unary_shapes = {{{}}, {{1}}, {{0, 3}}, {{37}}};
const std::vector<Shapes> binary_shapes = {{{}, {}},      {{2, 3}, {}},        {{}, {3}},
                                           {{4, 1}, {3}}, {{2, 1, 3}, {4, 1}}, {{0, 3}, {3}},
                                           {{1}, {0}},    {{37}, {37}}};

Row unary(const char* name, Unary f, Kind kind, double ulps, const char* reason, unsigned dtypes) {
  return {.name = name,
          .call = [f](const Tensors& in) { return f(in[0]); },
          .inputs = {{{2, 3, 4}, kind}},
          .ulps = ulps,
          .reason = reason,
          .dtypes = dtypes,
          .also = unary_shapes,
          .large = {{130, 1111}},
          .bad = {{undefined[0].message, [f] { f(Tensor()); }}}};
}

Row binary(const char* name, Binary f, Kind kind, double ulps, const char* reason,
           unsigned dtypes) {
  const std::string n = name;
  return {.name = name,
          .call = [f](const Tensors& in) { return f(in[0], in[1]); },
          .inputs = {{{2, 3}, kind}, {{2, 3}, kind}},
          .ulps = ulps,
          .reason = reason,
          .dtypes = dtypes,
          .also = binary_shapes,
          .large = {{130, 1111}, {1111}},
          .bad = {{with_marks(n + ": cannot broadcast shapes [2, 3] and [2, 4]",
                              {int(n.size()) + 30, int(n.size()) + 41}),
                   [f] {
                     f(ones({2, 3}), ones({2, 4}));
                   }},
                  {n + ": input 1 is undefined; " + why_undefined,
                   [f] {
                     f(ones({2, 3}), Tensor());
                   }},
                  {n + ": input 0 is undefined; " + why_undefined, [f] {
                     f(Tensor(), ones({2, 3}));
                   }}}};
}

Row scalar(const char* name, std::function<Tensor(const Tensor&)> f, Kind kind, double ulps,
           const char* reason, unsigned dtypes) {
  Row row = unary(name, nullptr, kind, ulps, reason, dtypes);
  row.call = [f](const Tensors& in) { return f(in[0]); };
  row.bad = {{undefined[0].message, [f] { f(Tensor()); }}};
  return row;
}

namespace {

using Compare = Tensor (*)(In, In);

Row comparison(const char* name, Compare f) {
  Row row = binary(name, f, Kind::distinct, 0, "exact", any_dtype);
  row.call = [f](const Tensors& in) {
    return Tensors{f(in[0], in[1]), f(in[0], in[0])};
  };  // differing, and equal
  row.differentiable = false;
  return row;
}
Row comparison_with_number(const char* name, Tensor (*f)(In, Scalar)) {
  Row row = scalar(
      name, [f](const Tensor& x) { return f(x, 1); }, Kind::any, 0, "exact", any_dtype);
  row.differentiable = false;
  return row;
}

void unary_rows(std::vector<Row>& rows) {
  rows.push_back(unary("neg", neg, Kind::any, 0, "exact", numbers));
  rows.back().bad.push_back(
      {"neg: bools are not negated; compare with == false, or convert with to(int64)",
       [] { neg(ones({2}, {.dtype = boolean})); }});
  rows.push_back(unary(
      "negative_operator", [](In x) { return -*x; }, Kind::any, 0, "exact", numbers));
  rows.push_back(unary("abs", abs, Kind::any, 0, "exact", numbers));
  rows.push_back(unary("sign", sign, Kind::any, 0, "exact", numbers));
  rows.push_back(unary("square", square, Kind::any, 1, one_rounding, numbers));
  rows.push_back(unary("exp", exp, Kind::any, 4, library, everything));
  rows.push_back(unary("expm1", expm1, Kind::any, 4, library, everything));
  rows.push_back(unary("log", log, Kind::positive, 4, library, numbers));
  rows.push_back(unary("log1p", log1p, Kind::unit, 4, library));
  rows.push_back(unary("sqrt", sqrt, Kind::positive, 1, one_rounding, numbers));
  rows.push_back(unary("rsqrt", rsqrt, Kind::positive, 2, few, numbers));
  rows.push_back(unary("reciprocal", reciprocal, Kind::positive, 1, one_rounding, numbers));
  rows.push_back(unary("sin", sin, Kind::any, 4, library, everything));
  rows.push_back(unary("cos", cos, Kind::any, 4, library, everything));
  rows.push_back(unary("tanh", tanh, Kind::any, 4, library, everything));
  rows.push_back(unary("erf", erf, Kind::any, 4, library, everything));
  rows.push_back(unary("floor", floor, Kind::any, 0, "exact", numbers));
  rows.push_back(unary("ceil", ceil, Kind::any, 0, "exact", numbers));
  rows.push_back(unary("round", round, Kind::any, 0, "exact", numbers));
  rows.push_back(unary("sigmoid", sigmoid, Kind::any, 4, library, everything));
  rows.push_back(unary("relu", relu, Kind::any, 0, "exact", numbers));
  rows.push_back(unary("selu", selu, Kind::any, 6, library));
  rows.push_back(unary("gelu", gelu, Kind::any, 6, library));
  rows.push_back(unary("silu", silu, Kind::any, 6, library));
  rows.push_back(unary("mish", mish, Kind::any, 8, "three library functions in a row"));
  rows.push_back(scalar(
      "clamp", [](const Tensor& x) { return clamp(x, -1.0, 0.5); }, Kind::any, 0, "exact", floats));
  rows.push_back(scalar(
      "clamp_integers", [](const Tensor& x) { return clamp(x, -1, 2); }, Kind::any, 0, "exact",
      integers | floats));
  rows.push_back(scalar(
      "leaky_relu", [](const Tensor& x) { return leaky_relu(x, 0.25); }, Kind::any, 1, one_rounding,
      floats));
  rows.push_back(scalar(
      "elu", [](const Tensor& x) { return elu(x, 0.75); }, Kind::any, 4, library, floats));
  rows.push_back(scalar(
      "softplus", [](const Tensor& x) { return softplus(x); }, Kind::any, 6, library, floats));
  rows.push_back(scalar(
      "softplus_threshold", [](const Tensor& x) { return softplus(x, 2, 1); }, Kind::any, 6,
      library, floats));
  rows.back().bad.push_back(
      {"softplus: beta is 0; the formula divides by it", [] { softplus(ones({2}), 0); }});
  rows.push_back(scalar(
      "hardtanh", [](const Tensor& x) { return hardtanh(x, -1, 0.5); }, Kind::any, 0, "exact",
      floats));
  rows.back().bad.push_back(
      {"hardtanh: low = 1 is above high = 0", [] { hardtanh(ones({2}), 1, 0); }});
}

void binary_rows(std::vector<Row>& rows) {
  rows.push_back(binary("add", add, Kind::any, 1, one_rounding, everything));
  rows.push_back(binary("sub", sub, Kind::any, 1, one_rounding, numbers));
  rows.back().bad.push_back(
      {"sub: bools are not subtracted; use not_equal(), or convert with to(int64)",
       [] { sub(ones({2}, {.dtype = boolean}), ones({2}, {.dtype = boolean})); }});
  rows.push_back(binary("mul", mul, Kind::any, 1, one_rounding, everything));
  rows.push_back(binary("div", div, Kind::positive, 1, one_rounding, numbers));
  rows.push_back(
      binary("pow", pow, Kind::positive, 8, "exp and log of the mathematical library", numbers));
  rows.push_back(binary("maximum", maximum, Kind::distinct, 0, "exact", everything));
  rows.push_back(binary("minimum", minimum, Kind::distinct, 0, "exact", everything));
  const std::tuple<const char*, const char*, Binary> operators[] = {
      {"add_operator", "add", [](In a, In b) { return *a + *b; }},
      {"sub_operator", "sub", [](In a, In b) { return *a - *b; }},
      {"mul_operator", "mul", [](In a, In b) { return *a * *b; }},
      {"div_operator", "div", [](In a, In b) { return *a / *b; }}};
  for (auto& [name, message, f] : operators) {
    rows.push_back(binary(message, f, Kind::positive, 1, one_rounding, numbers));
    rows.back().name = name;
  }
}

void scalar_rows(std::vector<Row>& rows) {
  auto row = [&](const char* name, std::function<Tensor(const Tensor&)> f, Kind kind = Kind::any,
                 double ulps = 1, unsigned dtypes = numbers) {
    rows.push_back(scalar(name, std::move(f), kind, ulps,
                          ulps == 0  ? "exact"
                          : ulps > 1 ? library
                                     : one_rounding,
                          dtypes));
  };
  row("add_scalar", [](const Tensor& x) { return add(x, 3); });
  row(
      "sub_scalar", [](const Tensor& x) { return sub(x, 3); }, Kind::any, 1, floats);
  row("mul_scalar", [](const Tensor& x) { return mul(x, 3); });
  row("div_scalar", [](const Tensor& x) { return div(x, 3); });
  row(
      "pow_scalar", [](const Tensor& x) { return pow(x, 3); }, Kind::any, 4);
  row(
      "pow_of_half", [](const Tensor& x) { return pow(x, 0.5); }, Kind::positive, 4, floats);
  row(
      "maximum_scalar", [](const Tensor& x) { return maximum(x, 1); }, Kind::any, 0);
  row(
      "minimum_scalar", [](const Tensor& x) { return minimum(x, 1); }, Kind::any, 0);
  row(
      "scalar_sub", [](const Tensor& x) { return sub(3, x); }, Kind::any, 1, floats);
  row(
      "scalar_div", [](const Tensor& x) { return div(3, x); }, Kind::positive);
  row(
      "scalar_pow", [](const Tensor& x) { return pow(3, x); }, Kind::positive, 8, floats);
  row(
      "operators_scalar",
      [](const Tensor& x) { return (2.5 - (x + 0.5)) * 1.5 / 2 + 3 / (2 * x) - (1 + x); },
      Kind::positive, 8, floats);
}

void comparison_rows(std::vector<Row>& rows) {
  rows.push_back(comparison("eq", eq));
  rows.push_back(comparison("not_equal", not_equal));
  rows.push_back(comparison("less", less));
  rows.push_back(comparison("less_equal", less_equal));
  rows.push_back(comparison("greater", greater));
  rows.push_back(comparison("greater_equal", greater_equal));
  rows.push_back(comparison_with_number("eq_scalar", eq));
  rows.push_back(comparison_with_number("not_equal_scalar", not_equal));
  rows.push_back(comparison_with_number("less_scalar", less));
  rows.push_back(comparison_with_number("less_equal_scalar", less_equal));
  rows.push_back(comparison_with_number("greater_scalar", greater));
  rows.push_back(comparison_with_number("greater_equal_scalar", greater_equal));
  Row operators = binary("less", less, Kind::distinct, 0, "exact", any_dtype);
  operators.name = "comparison_operators";
  operators.differentiable = false;
  operators.call = [](const Tensors& in) {
    const Tensor &a = in[0], &b = in[1];
    return Tensors{a == b, a != b, a<b, a <= b, a> b, a >= b,
                   a == 1, a != 1, a<1, a <= 1, a> 1, a >= 1};
  };
  rows.push_back(operators);
}

void where_rows(std::vector<Row>& rows) {
  rows.push_back(
      {.name = "where",
       .call = [](const Tensors& in) { return where(in[0], in[1], in[2]); },
       .inputs = {{{2, 3}, Kind::boolean}, {{2, 3}}, {{2, 3}}},
       .dtypes = any_dtype,
       .also = {{{3}, {2, 3}, {}}, {{2, 1}, {1, 3}, {3}}, {{}, {}, {}}, {{0, 2}, {2}, {1}}},
       .large = {{130, 1111}, {130, 1111}, {1111}},
       .bad = {{"where: the condition is float32; make it a bool by comparing, as in x > 0",
                [] { where(ones({2}), ones({2}), ones({2})); }},
               {with_marks("where: cannot broadcast shapes [2] and [3]", {32, 40}),
                [] { where(ones({2}, {.dtype = boolean}), ones({3}), ones({1})); }}}});
  auto with_number = [&](const char* name, std::function<Tensor(const Tensor&, const Tensor&)> f) {
    rows.push_back(
        {.name = name,
         .call = [f](const Tensors& in) { return f(in[0], in[1]); },
         .inputs = {{{2, 3}, Kind::boolean}, {{2, 3}}},
         .dtypes = numbers | storage,
         .also = {{{3}, {2, 3}}, {{2, 1}, {1, 3}}, {{}, {}}, {{0, 2}, {2}}},
         .large = {{130, 1111}, {1111}},
         .bad = {{"where: the condition is int32; make it a bool by comparing, as in x > 0",
                  [f] { f(ones({2}, {.dtype = int32}), ones({2})); }}}});
  };
  with_number("where_else_number", [](const Tensor& c, const Tensor& x) { return where(c, x, 2); });
  with_number("where_then_number", [](const Tensor& c, const Tensor& x) { return where(c, 2, x); });
}

Row ternary(const char* name, std::function<Tensor(const Tensors&)> f, const char* message_name,
            Kind kind, Kind last_kind, double ulps, const char* reason, unsigned dtypes) {
  const std::string n = message_name;
  return {.name = name,
          .call = [f](const Tensors& in) { return f(in); },
          .inputs = {{{2, 3}, kind}, {{2, 3}, kind}, {{2, 3}, last_kind}},
          .ulps = ulps,
          .reason = reason,
          .dtypes = dtypes,
          .also = {{{}, {}, {}}, {{3}, {2, 1}, {}}, {{2, 1}, {1, 3}, {3}}, {{0, 2}, {2}, {1}}},
          .large = {{130, 1111}, {130, 1111}, {1111}},
          .bad = {{with_marks(n + ": cannot broadcast shapes [2] and [3]",
                              {int(n.size()) + 27, int(n.size()) + 35}),
                   [f] {
                     f({ones({2}), ones({3}), ones({1})});
                   }},
                  {n + ": input 1 is undefined; " + why_undefined,
                   [f] {
                     f({ones({2}), Tensor(), ones({2})});
                   }},
                  {n + ": input 0 is undefined; " + why_undefined, [f] {
                     f({Tensor(), ones({2}), ones({2})});
                   }}}};
}

void ternary_rows(std::vector<Row>& rows) {
  const char* rounded = "few operations, on values larger than the result";
  rows.push_back(ternary(
      "lerp", [](const Tensors& in) { return lerp(in[0], in[1], in[2]); }, "lerp", Kind::any,
      Kind::any, 12, rounded, numbers));
  rows.push_back(ternary(
      "addcmul", [](const Tensors& in) { return addcmul(in[0], in[1], in[2]); }, "addcmul",
      Kind::any, Kind::any, 6, rounded, numbers));
  rows.push_back(ternary(
      "addcmul_value", [](const Tensors& in) { return addcmul(in[0], in[1], in[2], -0.5); },
      "addcmul", Kind::any, Kind::any, 6, rounded, floats));
  rows.push_back(ternary(
      "addcdiv", [](const Tensors& in) { return addcdiv(in[0], in[1], in[2]); }, "addcdiv",
      Kind::any, Kind::positive, 6, rounded, numbers));
  rows.push_back(ternary(
      "addcdiv_value", [](const Tensors& in) { return addcdiv(in[0], in[1], in[2], 2.5); },
      "addcdiv", Kind::any, Kind::positive, 12, rounded, floats));
  rows.push_back(ternary(
      "clamp_tensors", [](const Tensors& in) { return clamp(in[0], in[1], in[2]); }, "clamp",
      Kind::distinct, Kind::distinct, 0, "exact", everything));
  Row number = binary(
      "lerp", [](In a, In b) { return lerp(*a, *b, 0.75); }, Kind::any, 6, rounded, numbers);
  number.name = "lerp_number";
  rows.push_back(number);
}

}  // namespace

std::vector<Row> elementwise_rows() {
  std::vector<Row> rows;
  unary_rows(rows);
  binary_rows(rows);
  scalar_rows(rows);
  comparison_rows(rows);
  where_rows(rows);
  ternary_rows(rows);
  return rows;
}

}  // namespace op_table
