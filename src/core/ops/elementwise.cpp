// SPDX-License-Identifier: MIT
// The elementwise functions, operators and in-place functions that are rows of elementwise.def.
#include <algorithm>

#include "core/ops/elementwise_rows.h"
#include "tinygrad/ops.h"

namespace tinygrad {

#define UNARY_FUNCTION(name) \
  Tensor name(In x) { return unary(Unary::name, x); }
// clang-format off
UNARY_FUNCTION(abs) UNARY_FUNCTION(sign) UNARY_FUNCTION(square) UNARY_FUNCTION(exp)
UNARY_FUNCTION(expm1) UNARY_FUNCTION(log) UNARY_FUNCTION(log1p) UNARY_FUNCTION(log2)
UNARY_FUNCTION(log10) UNARY_FUNCTION(sqrt) UNARY_FUNCTION(rsqrt) UNARY_FUNCTION(reciprocal)
UNARY_FUNCTION(sin) UNARY_FUNCTION(cos) UNARY_FUNCTION(tanh) UNARY_FUNCTION(atan)
UNARY_FUNCTION(erf) UNARY_FUNCTION(erfc) UNARY_FUNCTION(floor) UNARY_FUNCTION(ceil)
UNARY_FUNCTION(round) UNARY_FUNCTION(sigmoid) UNARY_FUNCTION(relu) UNARY_FUNCTION(selu)
UNARY_FUNCTION(gelu) UNARY_FUNCTION(silu) UNARY_FUNCTION(mish)
// clang-format on
#undef UNARY_FUNCTION
Tensor neg(In x) {
  require<DTypeError>(x->dtype() != DType::boolean, Call{"neg", x.location},
                      "bools are not negated; compare with == false, or convert with to(int64)");
  return unary(Unary::neg, x);
}
Tensor operator-(In x) { return neg({*x, x.location}); }
Tensor clamp(In x, Scalar low, Scalar high) {
  check_arithmetic({"clamp", x.location}, *x);
  const Scalar wider = low.kind() > high.kind() ? low : high;
  return unary(Unary::clamp, In(cast(x, result_type(x.given(), wider)), x.location), {low, high});
}
Tensor leaky_relu(In x, double slope) { return unary(Unary::leaky_relu, x, {slope}); }
Tensor elu(In x, double alpha) { return unary(Unary::elu, x, {alpha}); }
Tensor softplus(In x, double beta, double threshold) {
  require(beta != 0, Call{"softplus", x.location}, "beta is 0; the formula divides by it");
  return unary(Unary::softplus, x, {beta, threshold});
}
Tensor hardtanh(In x, double low, double high) {
  const Call call{"hardtanh", x.location};
  check_arithmetic(call, *x);
  require(!(low > high), call, "low = ", low, " is above high = ", high);
  return unary(Unary::hardtanh, In(cast(x, real_dtype(x->dtype())), x.location), {low, high});
}

#define TWO_TENSORS(name, row) \
  Tensor name(In a, In b) { return of_tensors(Binary::row, a, b); }
#define TENSOR_AND_SCALAR(name, row) \
  Tensor name(In a, Scalar b) { return binary(Binary::row, a, {}, b); }
#define SCALAR_FIRST(name, row) \
  Tensor name(Scalar a, In b) { return binary(Binary::row, {}, b, a); }
#define ARITHMETIC(name)        \
  TWO_TENSORS(name, name)       \
  TENSOR_AND_SCALAR(name, name) \
  SCALAR_FIRST(name, name)
#define COMPARISON(name, row) \
  TWO_TENSORS(name, row)      \
  TENSOR_AND_SCALAR(name, row)
// clang-format off
ARITHMETIC(add) ARITHMETIC(sub) ARITHMETIC(mul) ARITHMETIC(div) ARITHMETIC(fmod)
ARITHMETIC(remainder) ARITHMETIC(floor_divide) ARITHMETIC(maximum) ARITHMETIC(minimum)
ARITHMETIC(bitwise_and) ARITHMETIC(bitwise_or) ARITHMETIC(bitwise_xor)
ARITHMETIC(bitwise_left_shift) ARITHMETIC(bitwise_right_shift)
TWO_TENSORS(pow, pow)
SCALAR_FIRST(pow, pow)
TWO_TENSORS(gcd, gcd)
COMPARISON(eq, eq) COMPARISON(ne, not_equal) COMPARISON(lt, less) COMPARISON(le, less_equal)
COMPARISON(gt, greater) COMPARISON(ge, greater_equal) COMPARISON(not_equal, not_equal)
COMPARISON(less, less) COMPARISON(less_equal, less_equal) COMPARISON(greater, greater)
COMPARISON(greater_equal, greater_equal)
    // clang-format on
    Tensor pow(In a, Scalar b) {
  const bool integers = !is_floating(a->dtype()) && !b.is_real();
  require(!integers || b.integer() >= 0, Call{"pow", a.location}, "integers to the power ",
          b.integer(), " are not integers; use a real exponent, or convert with to(float32)");
  return binary(Binary::pow, a, {}, b);
}

Tensor div(In a, In b, Rounding rounding) {
  return of_tensors(rounding == Rounding::floor ? Binary::floor_divide : Binary::trunc_divide, a,
                    b);
}
Tensor div(In a, Scalar b, Rounding rounding) {
  return binary(rounding == Rounding::floor ? Binary::floor_divide : Binary::trunc_divide, a, {},
                b);
}
Tensor bitwise_not(In x) {
  require<DTypeError>(!is_floating(x->dtype()), Call{"bitwise_not", x.location},
                      "takes integers and bools, got ", to_string(x->dtype()),
                      "; convert with to(int64)");
  return x->dtype() == DType::boolean ? binary(Binary::eq, x, {}, false)
                                      : binary(Binary::sub, {}, x, -1);  // -1 - x
}
Tensor operator~(In x) { return bitwise_not({*x, x.location}); }

#define BINARY_OPERATOR(symbol, name)      \
  TWO_TENSORS(operator symbol, name)       \
  TENSOR_AND_SCALAR(operator symbol, name) \
  SCALAR_FIRST(operator symbol, name)
// clang-format off
BINARY_OPERATOR(+, add) BINARY_OPERATOR(-, sub) BINARY_OPERATOR(*, mul) BINARY_OPERATOR(/, div)
BINARY_OPERATOR(%, remainder) BINARY_OPERATOR(&, bitwise_and) BINARY_OPERATOR(|, bitwise_or)
BINARY_OPERATOR(^, bitwise_xor) BINARY_OPERATOR(<<, bitwise_left_shift)
BINARY_OPERATOR(>>, bitwise_right_shift) BINARY_OPERATOR(==, eq) BINARY_OPERATOR(!=, not_equal)
BINARY_OPERATOR(<, less) BINARY_OPERATOR(<=, less_equal) BINARY_OPERATOR(>, greater)
BINARY_OPERATOR(>=, greater_equal)
// clang-format on
#undef BINARY_OPERATOR
#undef TWO_TENSORS
#undef TENSOR_AND_SCALAR
#undef SCALAR_FIRST
#undef ARITHMETIC
#undef COMPARISON

#define IN_PLACE_MEMBER(name)                                                              \
  Tensor& Tensor::name##_(const Tensor& other, SourceLocation location) {                  \
    require(other.defined(), Call{#name "_", location}, "the other tensor is undefined; ", \
            why_undefined);                                                                \
    return binary_in_place(Binary::name, *this, other, {}, location);                      \
  }                                                                                        \
  Tensor& Tensor::name##_(Scalar other, SourceLocation location) {                         \
    return binary_in_place(Binary::name, *this, {}, other, location);                      \
  }
IN_PLACE_MEMBER(add)
IN_PLACE_MEMBER(sub)
IN_PLACE_MEMBER(mul)
IN_PLACE_MEMBER(div)
#undef IN_PLACE_MEMBER

Tensor where(In condition, In a, In b) {
  require(a.defined() && b.defined(), Call{"where", condition.location},
          "one of the tensors to choose from is undefined");
  return choose(condition, a, b, {});
}
Tensor where(In condition, In a, Scalar b) { return choose(condition, a, {}, b); }
Tensor where(In condition, Scalar a, In b) { return choose(condition, {}, b, a); }
Tensor where(In condition, Scalar a, Scalar b) {
  const DType dtype = default_dtype(std::max(a.kind(), b.kind()));
  return choose(condition, full({}, a, {.dtype = dtype, .device = condition->device()}), {}, b);
}
Tensor lerp(In a, In b, In weight) {
  const Call call{"lerp", a.location};
  check_defined(call, {&*a, &*b, &*weight});
  return ternary(Ternary::lerp, {}, call, a, b, weight);
}
Tensor lerp(In a, In b, Scalar weight) {
  const Call call{"lerp", a.location};
  check_defined(call, {&*a, &*b});
  return ternary(Ternary::lerp, {}, call, a, b, {}, weight);
}
Tensor addcmul(In a, In b, In c, Scalar value) {
  const Call call{"addcmul", a.location};
  check_defined(call, {&*a, &*b, &*c});
  const Tensor t = cast(a, result_type(a.given(), value));
  return ternary(Ternary::addcmul, {value}, call, {t, a.location}, b, c);
}
Tensor addcdiv(In a, In b, In c, Scalar value) {
  const Call call{"addcdiv", a.location};
  check_defined(call, {&*a, &*b, &*c});
  return ternary(Ternary::addcdiv, {value}, call, a, b, c);
}
Tensor clamp(In x, In low, In high) {
  const Call call{"clamp", x.location};
  check_defined(call, {&*x, &*low, &*high});
  return ternary(Ternary::clamp_tensor, {}, call, x, low, high);
}

}  // namespace tinygrad
