// SPDX-License-Identifier: MIT
// Rows: elementwise functions, whose operands are tensors or scalars, and conversions.
#include "elementwise.h"
#include "table.h"

namespace opinfo {
namespace {

/// A recorded write to a leaf is an error: it goes into a copy.
template <class F> Row in_place(F f) {
  return [f](Sample& x) {
    check_options(x);
    Tensor y = x.input().clone();
    const Operand other = operand(x, second_operand(x));
    if (other.tensor.defined()) f(y, other.tensor);
    else f(y, other.scalar);
    return y;
  };
}
#define IN_PLACE(name) in_place([](Tensor& y, const auto& other) { y.name(other); })

/// Both bounds, scalars or tensors; if there is one, maximum() or minimum().
Tensor clamp_row(Sample& x) {
  const json *low = x.find(0, "min"), *high = x.find(1, "max");
  const Operand t = operand(x, x.input_json());
  const auto larger = [](const auto& a, const auto& b) { return maximum(a, b); };
  const auto smaller = [](const auto& a, const auto& b) { return minimum(a, b); };
  if (!low && !high) throw Skip{"no bounds"};
  if (!high) return call(larger, t, operand(x, *low));
  if (!low) return call(smaller, t, operand(x, *high));
  const Operand a = operand(x, *low), b = operand(x, *high);
  if (a.tensor.defined() != b.tensor.defined()) throw Skip{"a tensor and a scalar as bounds"};
  return a.tensor.defined() ? clamp(t.tensor, a.tensor, b.tensor)
                            : clamp(t.tensor, a.scalar, b.scalar);
}
Tensor where_row(Sample& x) {
  const Operand a = operand(x, x.input_json()), b = operand(x, *x.find(1, "other"));
  const Tensor condition = x.tensor(0, "condition");
  if (!a.tensor.defined() && !b.tensor.defined()) return where(condition, a.scalar, b.scalar);
  return call([&](const auto& a, const auto& b) { return where(condition, a, b); }, a, b);
}

Tensor lerp_row(Sample& x) {
  const Tensor a = x.input(), b = x.tensor(0, "end");
  const Operand weight = operand(x, *x.find(1, "weight"));
  return weight.tensor.defined() ? lerp(a, b, weight.tensor) : lerp(a, b, weight.scalar);
}
template <class F> Row with_value(F f) {
  return [f](Sample& x) {
    return f(x.input(), x.tensor(0, "tensor1"), x.tensor(1, "tensor2"),
             x.scalar(by_name, "value", 1));
  };
}
#define WITH_VALUE(name)                                                           \
  with_value([](const Tensor& a, const Tensor& b, const Tensor& c, Scalar value) { \
    return name(a, b, c, value);                                                   \
  })

Tensor round_row(Sample& x) {
  x.only(0, "decimals", 0);
  return round(x.input());
}
Tensor leaky_relu_row(Sample& x) {
  x.only(1, "inplace", false);
  return leaky_relu(x.input(), x.real(0, "negative_slope", 0.01));
}
Tensor elu_row(Sample& x) {
  x.only(1, "inplace", false);
  return elu(x.input(), x.real(0, "alpha", 1));
}
Tensor gelu_row(Sample& x) {
  const string name = x.text(by_name, "approximate", "none");
  if (name != "none" && name != "tanh") throw Skip{"approximate = " + name};
  const bool is_exact = name == "none";
  return gelu(x.input(), is_exact ? GeluApproximation::none : GeluApproximation::tanh);
}
Tensor softplus_row(Sample& x) {
  return softplus(x.input(), x.real(0, "beta", 1), x.real(1, "threshold", 20));
}
Tensor hardtanh_row(Sample& x) {
  x.only(2, "inplace", false);
  return hardtanh(x.input(), x.real(0, "min_val", -1), x.real(1, "max_val", 1));
}

Row conversion(DType dtype) {
  return [dtype](Sample& x) {
    x.ignore("memory_format");
    return x.input().to(dtype);
  };
}
/// to(dtype), to(device, dtype) or to(other). The other arguments change no values.
Tensor to_row(Sample& x) {
  for (const char* name : {"non_blocking", "copy", "memory_format", "device"}) x.ignore(name);
  DType dtype = x.dtype(x.input().dtype());
  for (std::size_t i = 0; i < x.count(); ++i) {
    const json* value = x.find(i, "");
    if (!value || !value->is_object()) continue;
    if (is_tensor(*value)) dtype = x.tensor_of(*value).dtype();
    else if (value->contains("dtype")) dtype = dtype_named((*value)["dtype"]);
  }
  return x.input().to(dtype);
}

Rows unary_rows() {
  return {{"neg", UNARY(neg)},
          {"abs", UNARY(abs)},
          {"sign", UNARY(sign)},
          {"sgn", UNARY(sign)},
          {"square", UNARY(square)},
          {"exp", UNARY(exp)},
          {"expm1", UNARY(expm1)},
          {"log", UNARY(log)},
          {"log1p", UNARY(log1p)},
          {"sqrt", UNARY(sqrt)},
          {"rsqrt", UNARY(rsqrt)},
          {"reciprocal", UNARY(reciprocal)},
          {"sin", UNARY(sin)},
          {"cos", UNARY(cos)},
          {"tanh", UNARY(tanh)},
          {"erf", UNARY(erf)},
          {"floor", UNARY(floor)},
          {"ceil", UNARY(ceil)},
          {"round", UNARY(round)},
          {"round.decimals_0", round_row},
          {"sigmoid", UNARY(sigmoid)},
          {"clamp", clamp_row},
          {"nn.functional.relu", UNARY(relu)},
          {"nn.functional.relu6", UNARY(relu6)},
          {"nn.functional.leaky_relu", leaky_relu_row},
          {"nn.functional.elu", elu_row},
          {"nn.functional.selu", UNARY(selu)},
          {"nn.functional.gelu", gelu_row},
          {"nn.functional.silu", UNARY(silu)},
          {"nn.functional.softplus", softplus_row},
          {"nn.functional.hardtanh", hardtanh_row},
          {"nn.functional.mish", UNARY(mish)}};
}

Rows binary_rows() {
  return {{"add", OPERATOR(+)},
          {"sub", BINARY(sub)},
          {"mul", BINARY(mul)},
          {"div.no_rounding_mode", BINARY(div)},
          {"true_divide", OPERATOR(/)},
          {"pow", BINARY(pow)},
          {"maximum", BINARY(maximum)},
          {"minimum", BINARY(minimum)},
          {"max.binary", BINARY(maximum)},
          {"min.binary", BINARY(minimum)},
          {"clamp_min", BINARY(maximum)},
          {"clamp_max", BINARY(minimum)},
          {"eq", OPERATOR(==)},
          {"ne", OPERATOR(!=)},
          {"lt", OPERATOR(<)},
          {"le", OPERATOR(<=)},
          {"gt", OPERATOR(>)},
          {"ge", OPERATOR(>=)},
          {"__radd__", REVERSED(add)},
          {"__rsub__", REVERSED(sub)},
          {"__rmul__", REVERSED(mul)},
          {"__rdiv__", REVERSED(div)},
          {"__rpow__", REVERSED(pow)},
          {"rsub", REVERSED(sub)},
          {"add_", IN_PLACE(add_)},
          {"sub_", IN_PLACE(sub_)},
          {"mul_", IN_PLACE(mul_)},
          {"div_", IN_PLACE(div_)},
          {"where", where_row},
          {"lerp", lerp_row},
          {"addcmul", WITH_VALUE(addcmul)},
          {"addcdiv", WITH_VALUE(addcdiv)}};
}

Rows conversion_rows() {
  return {{"to", to_row},
          {"bfloat16", conversion(bfloat16)},
          {"half", conversion(float16)},
          {"float", conversion(float32)},
          {"double", conversion(float64)},
          {"long", conversion(int64)},
          {"int", conversion(int32)},
          {"bool", conversion(boolean)},
          {"byte", conversion(uint8)},
          {"char", conversion(int8)},
          {"short", conversion(int16)}};
}

}  // namespace

Rows elementwise_rows() {
  Rows rows = unary_rows();
  rows.merge(binary_rows());
  rows.merge(conversion_rows());
  return rows;
}

}  // namespace opinfo
