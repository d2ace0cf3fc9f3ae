// SPDX-License-Identifier: MIT
// Elementwise functions and arithmetic: y[i] is computed from x[i] alone.
#include <optional>

#include "operator.h"

namespace tinygrad::onnx {
namespace {

template <Tensor (*f)(In)> Tensors unary(const NodeCall& n) { return f(n[0]); }
template <Tensor (*f)(In, In)> Tensors binary(const NodeCall& n) { return f(n[0], n[1]); }
/// f(f(x0, x1), x2), ... of any number of inputs.
template <Tensor (*f)(In, In)> Tensor fold(const NodeCall& n) {
  Tensor y = n[0];
  for (int i = 1; i < n.input_count(); ++i) y = f(y, n[i]);
  return y;
}
template <Tensor (*f)(In, In)> Tensors variadic(const NodeCall& n) { return fold<f>(n); }
Tensors mean(const NodeCall& n) { return fold<add>(n) / n.input_count(); }
Tensors identity(const NodeCall& n) { return n.raw(0); }

/// The quotient of integers is rounded towards 0.
Tensors divide(const NodeCall& n) {
  if (is_floating(n.raw(0).dtype())) return div(n[0], n[1]);
  return div(n[0], n[1], Rounding::trunc);
}
Tensors modulo(const NodeCall& n) {
  return n.integer("fmod", 0) ? fmod(n[0], n[1]) : remainder(n[0], n[1]);
}

/// The bounds are attributes before opset 11.
Tensors clip(const NodeCall& n) {
  const auto bound = [&](int input, const char* attribute) -> std::optional<Scalar> {
    if (n.has(attribute)) return n.real(attribute, 0);
    return n.has(input) ? std::optional(n.scalar(input, 0)) : std::nullopt;
  };
  const auto low = bound(1, "min"), high = bound(2, "max");
  if (low && high) return clamp(n[0], *low, *high);
  return low ? maximum(n[0], *low) : high ? minimum(n[0], *high) : n[0];
}

Tensors celu_(const NodeCall& n) { return celu(n[0], n.real("alpha", 1)); }
Tensors elu_(const NodeCall& n) { return elu(n[0], n.real("alpha", 1)); }
Tensors selu_(const NodeCall& n) {
  constexpr double alpha = 1.6732632423543772, gamma = 1.0507009873554805;
  return elu(n[0], n.real("alpha", alpha)) * n.real("gamma", gamma);
}
Tensors gelu_(const NodeCall& n) {
  const bool is_tanh = n.text("approximate", "none") == "tanh";
  return gelu(n[0], is_tanh ? GeluApproximation::tanh : GeluApproximation::none);
}
Tensors hard_sigmoid(const NodeCall& n) {
  return clamp(n[0] * n.real("alpha", 0.2) + n.real("beta", 0.5), 0, 1);
}
Tensors leaky_relu_(const NodeCall& n) { return leaky_relu(n[0], n.real("alpha", 0.01)); }
Tensors parametric_relu(const NodeCall& n) { return where(n[0] < 0, n[0] * n[1], n[0]); }
Tensors thresholded_relu(const NodeCall& n) { return threshold(n[0], n.real("alpha", 1), 0); }
Tensors shrink(const NodeCall& n) {
  const Tensor x = n[0];
  const double lambda = n.real("lambd", 0.5), bias = n.real("bias", 0);
  return where(x < -lambda, x + bias, where(x > lambda, x - bias, 0));
}
Tensors swish(const NodeCall& n) {
  const double alpha = n.real("alpha", 1);
  return alpha == 1 ? silu(n[0]) : n[0] * sigmoid(n[0] * alpha);
}
Tensors swiglu(const NodeCall& n) { return swish(n)[0] * n[1]; }

constexpr Operator table[] = {
    {"Abs", unary<abs>},
    {"Acos", unary<acos>},
    {"Acosh", unary<acosh>},
    {"Add", binary<add>},
    {"Asin", unary<asin>},
    {"Asinh", unary<asinh>},
    {"Atan", unary<atan>},
    {"Atanh", unary<atanh>},
    {"Ceil", unary<ceil>},
    {"Celu", celu_},
    {"Clip", clip, Result::as_first, host(1, 2)},
    {"Cos", unary<cos>},
    {"Cosh", unary<cosh>},
    {"Div", divide},
    {"Elu", elu_},
    {"Erf", unary<erf>},
    {"Exp", unary<exp>},
    {"Floor", unary<floor>},
    {"Gelu", gelu_},
    {"HardSigmoid", hard_sigmoid},
    {"HardSwish", unary<hardswish>},
    {"Identity", identity},
    {"LeakyRelu", leaky_relu_},
    {"Log", unary<log>},
    {"Max", variadic<maximum>},
    {"Mean", mean},
    {"Min", variadic<minimum>},
    {"Mish", unary<mish>},
    {"Mod", modulo},
    {"Mul", binary<mul>},
    {"Neg", unary<neg>},
    {"PRelu", parametric_relu},
    {"Pow", binary<pow>},
    {"Reciprocal", unary<reciprocal>},
    {"Relu", unary<relu>},
    {"Round", unary<round>},
    {"Selu", selu_},
    {"Shrink", shrink},
    {"Sigmoid", unary<sigmoid>},
    {"Sign", unary<sign>},
    {"Sin", unary<sin>},
    {"Sinh", unary<sinh>},
    {"Softplus", [](const NodeCall& n) -> Tensors { return softplus(n[0]); }},
    {"Softsign", unary<softsign>},
    {"Sqrt", unary<sqrt>},
    {"Sub", binary<sub>},
    {"Sum", variadic<add>},
    {"SwiGLU", swiglu},
    {"Swish", swish},
    {"Tan", unary<tan>},
    {"Tanh", unary<tanh>},
    {"ThresholdedRelu", thresholded_relu},
};

}  // namespace
Operators elementwise_operators() { return table; }
}  // namespace tinygrad::onnx
