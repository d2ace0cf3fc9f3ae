// SPDX-License-Identifier: MIT
// Quantized tensors: integers q that stand for (q - zero_point) scale, and products of them.
// Integers of 8 and 16 bits are supported.
#include "operator.h"

namespace tinygrad::onnx {
namespace {

/// A scale or zero point for x: one, one for each index of the attribute axis, or one for each
/// block of block_size elements along it.
Tensor for_elements(const NodeCall& n, const Tensor& parameter, const Tensor& x) {
  if (parameter.numel() == 1) return parameter.reshape({});
  const int axis = axis_of(n, n.integer("axis", 1), x.dim());
  const std::int64_t block = n.integer("block_size", 0);
  if (block > 0) return repeat_interleave(parameter, block, axis).slice(axis, 0, x.size(axis));
  Shape shape = Shape::filled(x.dim(), 1);
  shape[axis] = parameter.numel();
  return parameter.reshape(shape);
}
/// x rounded and limited to the values of an integer dtype.
Tensor saturate(const NodeCall& n, const Tensor& x, DType dtype) {
  const bool is_small = kind_of(dtype) == DTypeKind::integer && size_of(dtype) <= 2;
  n.check(is_small, "quantization to ", to_string(dtype), " is not supported");
  const IntegerRange range = integer_range(dtype);
  return clamp(x, range.least, range.most).to(dtype);
}

Tensors quantize(const NodeCall& n) {
  const Tensor x = n[0], scale = for_elements(n, n[1], x);
  DType dtype = n.has(2) ? n.raw(2).dtype() : uint8;
  if (n.integer("output_dtype", 0)) dtype = dtype_of_number(n, n.integer("output_dtype", 0));
  Tensor y = round((x.to(scale.dtype()) / scale).to(float32));
  if (n.has(2)) y = y + for_elements(n, n[2], x);
  return saturate(n, y, dtype);
}
Tensors dequantize(const NodeCall& n) {
  const Tensor x = n[0].to(int32), scale = for_elements(n, n[1], x);
  const Tensor steps = n.has(2) ? x - for_elements(n, n[2].to(int32), x) : x;
  const std::int64_t number = n.integer("output_dtype", 0);
  return (steps.to(scale.dtype()) * scale)
      .to(number ? dtype_of_number(n, number) : n.raw(1).dtype());
}
/// Quantizes to uint8 so that the least and the largest value, and 0, are represented.
Tensors quantize_by_range(const NodeCall& n) {
  const Tensor x = n[0];
  const Tensor low = minimum(min(x), 0), high = maximum(max(x), 0);
  const Tensor range = high - low, scale = where(range == 0, 1. / 255, range / 255);
  const Tensor zero = round(clamp(-low / scale, 0, 255));
  return {saturate(n, round(x / scale) + zero, uint8), scale, zero.to(uint8)};
}

/// q - zero_point as float64, in which sums of products are exact. A vector of zero points belongs
/// to the rows of a first factor and to the columns of a second.
Tensor centered(const NodeCall& n, int input, int zero_point, bool by_rows) {
  const Tensor x = n[input].to(float64);
  if (!n.has(zero_point)) return x;
  const Tensor zero = n[zero_point].to(float64);
  return x - (by_rows && zero.dim() == 1 && zero.numel() > 1 ? zero.unsqueeze(1) : zero);
}
Tensors integer_product(const NodeCall& n) {
  return matmul(centered(n, 0, 2, true), centered(n, 1, 3, false)).to(int32);
}
Tensors quantized_product(const NodeCall& n) {
  const Tensor y = matmul(centered(n, 0, 2, true), centered(n, 3, 5, false));
  const auto scale = [&](int i, bool by_rows) {
    const Tensor s = n[i].to(float64);
    return by_rows && s.dim() == 1 && s.numel() > 1 ? s.unsqueeze(1) : s;
  };
  const Tensor steps = y * (scale(1, true) * scale(4, false) / scale(6, true));
  return saturate(n, round(steps) + n[7].to(float64), n.raw(7).dtype());
}

constexpr auto own = Result::own;
constexpr Operator table[] = {
    {"DequantizeLinear", dequantize, own},   {"DynamicQuantizeLinear", quantize_by_range, own},
    {"MatMulInteger", integer_product, own}, {"QLinearMatMul", quantized_product, own},
    {"QuantizeLinear", quantize, own},
};

}  // namespace
Operators quantization_operators() { return table; }
}  // namespace tinygrad::onnx
