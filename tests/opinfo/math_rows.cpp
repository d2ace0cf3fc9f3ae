// SPDX-License-Identifier: MIT
// Rows: elementwise functions that are formulas, remainders, bits, tests of elements, logic.
#include "elementwise.h"
#include "table.h"

namespace opinfo {
namespace {

/// f(a, b) of two tensors alone.
template <class F> Row of_tensors(F f) {
  return [f](Sample& x) { return f(x.input(), x.tensor(0, "other")); };
}
#define TENSORS(name) of_tensors([](const Tensor& a, const Tensor& b) { return name(a, b); })
/// f(a, b) where b may be a scalar.
template <class F> Row of_tensor_and_any(F f) {
  return [f](Sample& x) {
    const Operand b = operand(x, second_operand(x));
    return b.tensor.defined() ? f(x.input(), b.tensor) : f(x.input(), b.scalar);
  };
}
#define TENSOR_AND_ANY(name) \
  of_tensor_and_any([](const Tensor& a, const auto& b) { return name(a, b); })

template <class F> Row rounded(F f) {
  return [f](Sample& x) {
    x.ignore("rounding_mode");
    const Operand b = operand(x, second_operand(x));
    return b.tensor.defined() ? f(x.input(), b.tensor) : f(x.input(), b.scalar);
  };
}
#define ROUNDED(mode) \
  rounded([](const Tensor& a, const auto& b) { return div(a, b, Rounding::mode); })

std::optional<double> given(Sample& x, std::size_t position, const char* name) {
  if (!x.has(position, name)) return {};
  return x.real(position, name, 0);
}
Tensor logit_row(Sample& x) { return logit(x.input(), given(x, 0, "eps")); }
Tensor nan_to_num_row(Sample& x) {
  return nan_to_num(x.input(), x.real(0, "nan", 0), given(x, 1, "posinf"), given(x, 2, "neginf"));
}
Tensors frexp_row(Sample& x) {
  const auto [mantissa, exponent] = frexp(x.input());
  return {mantissa, exponent};
}
Tensor lerp_row(Sample& x) {
  const Tensor end = x.tensor(0, "end");
  if (x.has_tensor(1, "weight")) return lerp(x.input(), end, x.tensor(1, "weight"));
  return lerp(x.input(), end, x.scalar(1, "weight", 0));
}
template <class F> Row with_value(F f) {
  return [f](Sample& x) {
    return f(x.input(), x.tensor(0, "tensor1"), x.tensor(1, "tensor2"),
             x.scalar(by_name, "value", 1));
  };
}
Tensor heaviside_row(Sample& x) { return heaviside(x.input(), x.tensor(0, "values")); }

template <class F> Row closeness(F f) {
  return [f](Sample& x) {
    return f(x.input(), x.tensor(0, "other"), x.real(1, "rtol", 1e-5), x.real(2, "atol", 1e-8),
             x.flag(3, "equal_nan"));
  };
}
Tensor as_tensor(bool value) { return full({}, value, {.dtype = boolean}); }
Rows function_rows() {
  return {
      {"acos", UNARY(acos)},         {"acosh", UNARY(acosh)},     {"asin", UNARY(asin)},
      {"asinh", UNARY(asinh)},       {"atan", UNARY(atan)},       {"atanh", UNARY(atanh)},
      {"cosh", UNARY(cosh)},         {"sinh", UNARY(sinh)},       {"tan", UNARY(tan)},
      {"sinc", UNARY(sinc)},         {"deg2rad", UNARY(deg2rad)}, {"rad2deg", UNARY(rad2deg)},
      {"erfc", UNARY(erfc)},         {"exp2", UNARY(exp2)},       {"log10", UNARY(log10)},
      {"log2", UNARY(log2)},         {"frac", UNARY(frac)},       {"trunc", UNARY(trunc)},
      {"positive", UNARY(positive)}, {"logit", logit_row},        {"nan_to_num", nan_to_num_row},
      {"frexp", frexp_row}};
}

Rows pair_rows() {
  return {{"atan2", TENSORS(atan2)},
          {"hypot", TENSORS(hypot)},
          {"logaddexp", TENSORS(logaddexp)},
          {"logaddexp2", TENSORS(logaddexp2)},
          {"ldexp", TENSORS(ldexp)},
          {"nextafter", TENSORS(nextafter)},
          {"fmax", TENSORS(fmax)},
          {"fmin", TENSORS(fmin)},
          {"gcd", TENSORS(gcd)},
          {"lcm", TENSORS(lcm)},
          {"heaviside", heaviside_row},
          {"copysign", TENSOR_AND_ANY(copysign)},
          {"fmod", TENSOR_AND_ANY(fmod)},
          {"floor_divide", BINARY(floor_divide)},
          {"remainder", BINARY(remainder)},
          {"float_power", BINARY(float_power)},
          {"xlogy", BINARY(xlogy)},
          {"div.trunc_rounding", ROUNDED(trunc)},
          {"div.floor_rounding", ROUNDED(floor)},
          {"lerp", lerp_row},
          {"addcmul", with_value([](auto&&... x) { return addcmul(x...); })},
          {"addcdiv", with_value([](auto&&... x) { return addcdiv(x...); })},
          {"__rmod__", REVERSED(remainder)}};
}

Rows bit_rows() {
  return {{"bitwise_and", OPERATOR(&)},
          {"bitwise_or", OPERATOR(|)},
          {"bitwise_xor", OPERATOR(^)},
          {"bitwise_not", unary([](const Tensor& x) { return ~x; })},
          {"bitwise_left_shift", OPERATOR(<<)},
          {"bitwise_right_shift", OPERATOR(>>)},
          {"__rand__", REVERSED(bitwise_and)},
          {"__ror__", REVERSED(bitwise_or)},
          {"__rxor__", REVERSED(bitwise_xor)}};
}

Rows logic_rows() {
  return {{"isfinite", UNARY(isfinite)},
          {"isinf", UNARY(isinf)},
          {"isnan", UNARY(isnan)},
          {"isneginf", UNARY(isneginf)},
          {"isposinf", UNARY(isposinf)},
          {"signbit", UNARY(signbit)},
          {"logical_not", UNARY(logical_not)},
          {"logical_and", TENSORS(logical_and)},
          {"logical_or", TENSORS(logical_or)},
          {"logical_xor", TENSORS(logical_xor)},
          {"isclose", closeness([](auto&&... x) { return isclose(x...); })},
          {"allclose", closeness([](auto&&... x) { return as_tensor(allclose(x...)); })},
          {"equal",
           of_tensors([](const Tensor& a, const Tensor& b) { return as_tensor(equal(a, b)); })}};
}

}  // namespace

Rows math_rows() {
  Rows rows = function_rows();
  rows.merge(pair_rows());
  rows.merge(bit_rows());
  rows.merge(logic_rows());
  return rows;
}

}  // namespace opinfo
