// SPDX-License-Identifier: MIT
// The calls of elementwise functions: one input, or two of which either may be a scalar.
#pragma once
#include "table.h"

namespace opinfo {

/// An operand: the tensor if it is defined, otherwise the scalar.
struct Operand {
  Tensor tensor;
  Scalar scalar;
};
inline Operand operand(Sample& x, const json& value) {
  if (is_tensor(value)) return {x.tensor_of(value), {}};
  return {{}, scalar_of(value)};
}
inline const json& second_operand(Sample& x) {
  for (const char* name : {"other", "exponent"})
    if (const json* value = x.find(0, name)) return *value;
  throw Skip{"no second operand"};
}

/// f(a, b), which has overloads for a scalar on either side.
template <class F> Tensor call(F f, const Operand& a, const Operand& b) {
  if (a.tensor.defined() && b.tensor.defined()) return f(a.tensor, b.tensor);
  if (a.tensor.defined()) return f(a.tensor, b.scalar);
  if (b.tensor.defined()) return f(a.scalar, b.tensor);
  throw Skip{"two scalars"};
}
inline void check_options(Sample& x) {
  x.only(1, "alpha", 1);
  x.only(by_name, "rounding_mode", nullptr);
}
template <class F> Row binary(F f, bool swapped = false) {
  return [f, swapped](Sample& x) {
    check_options(x);
    const Operand a = operand(x, x.input_json()), b = operand(x, second_operand(x));
    return swapped ? call(f, b, a) : call(f, a, b);
  };
}
#define BINARY(name) binary([](const auto& a, const auto& b) { return name(a, b); })
#define REVERSED(name) binary([](const auto& a, const auto& b) { return name(a, b); }, true)
#define OPERATOR(symbol) binary([](const auto& a, const auto& b) { return a symbol b; })

template <class F> Row unary(F f) {
  return [f](Sample& x) {
    x.only(by_name, "inplace", false);
    return f(x.input());
  };
}
#define UNARY(name) unary([](const Tensor& x) { return name(x); })

}  // namespace opinfo
