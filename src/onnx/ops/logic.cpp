// SPDX-License-Identifier: MIT
// Comparisons, logic, bits, and conversions of dtypes.
#include "operator.h"

namespace tinygrad::onnx {
namespace {

template <Tensor (*f)(In)> Tensors unary(const NodeCall& n) { return f(n[0]); }
template <Tensor (*f)(In, In)> Tensors binary(const NodeCall& n) { return f(n[0], n[1]); }

Tensors select_by_condition(const NodeCall& n) {
  return where(n[0], n.raw(1).to(n.device()), n.raw(2).to(n.device()));
}
Tensors shift(const NodeCall& n) {
  const std::string direction = n.text("direction", "");
  n.check(direction == "LEFT" || direction == "RIGHT", "the direction is ", in_quotes(direction),
          ", expected LEFT or RIGHT");
  return direction == "LEFT" ? n[0] << n[1] : n[0] >> n[1];
}
Tensors is_infinite(const NodeCall& n) {
  const bool positive = n.integer("detect_positive", 1), negative = n.integer("detect_negative", 1);
  if (positive && negative) return isinf(n[0]);
  if (positive) return isposinf(n[0]);
  return negative ? isneginf(n[0]) : isinf(n[0]) & false;
}

Tensors cast(const NodeCall& n) { return n.raw(0).to(dtype_of_number(n, n.integer("to", 0))); }
Tensors cast_like(const NodeCall& n) { return n.raw(0).to(n.raw(1).dtype()); }
/// The bytes of the elements as elements of another dtype of the same size.
Tensors bit_cast(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  const DType to = dtype_of_number(n, n.integer("to", 0));
  n.check(size_of(to) == size_of(x.dtype()), "elements of ", to_string(x.dtype()),
          " do not have the size of ", to_string(to));
  std::vector<std::byte> bytes(std::size_t(x.numel()) * size_of(to));
  x.read(bytes.data(), x.dtype());
  return from_data(bytes.data(), to, x.shape(), {.dtype = to, .device = x.device()});
}

constexpr auto own = Result::own;
constexpr Operator table[] = {
    {"And", binary<logical_and>, own},
    {"BitCast", bit_cast, own},
    {"BitShift", shift},
    {"BitwiseAnd", binary<bitwise_and>},
    {"BitwiseNot", unary<bitwise_not>},
    {"BitwiseOr", binary<bitwise_or>},
    {"BitwiseXor", binary<bitwise_xor>},
    {"Cast", cast, own},
    {"CastLike", cast_like, own},
    {"Equal", binary<eq>, own},
    {"Greater", binary<greater>, own},
    {"GreaterOrEqual", binary<greater_equal>, own},
    {"IsInf", is_infinite, own},
    {"IsNaN", unary<isnan>, own},
    {"Less", binary<less>, own},
    {"LessOrEqual", binary<less_equal>, own},
    {"Not", unary<logical_not>, own},
    {"Or", binary<logical_or>, own},
    {"Where", select_by_condition, own},
    {"Xor", binary<logical_xor>, own},
};

}  // namespace
Operators logic_operators() { return table; }
}  // namespace tinygrad::onnx
