// SPDX-License-Identifier: MIT
// Elementwise functions, one input element to one output element. Their formulas and derivatives
// are the rows of elementwise.def.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

// x may be of any dtype; functions over the reals turn integers into float32 first.
TINYGRAD_API Tensor neg(In x);
TINYGRAD_API Tensor abs(In x);
/// 1, 0 or -1.
TINYGRAD_API Tensor sign(In x);
TINYGRAD_API Tensor square(In x);
TINYGRAD_API Tensor exp(In x);
/// exp(x) - 1, exact near 0.
TINYGRAD_API Tensor expm1(In x);
TINYGRAD_API Tensor log(In x);
/// log(1 + x), exact near 0.
TINYGRAD_API Tensor log1p(In x);
TINYGRAD_API Tensor log2(In x);
TINYGRAD_API Tensor log10(In x);
TINYGRAD_API Tensor sqrt(In x);
/// 1 / sqrt(x).
TINYGRAD_API Tensor rsqrt(In x);
TINYGRAD_API Tensor reciprocal(In x);
TINYGRAD_API Tensor sin(In x);
TINYGRAD_API Tensor cos(In x);
TINYGRAD_API Tensor tanh(In x);
TINYGRAD_API Tensor atan(In x);
TINYGRAD_API Tensor erf(In x);
/// 1 - erf(x), without the cancellation at large x.
TINYGRAD_API Tensor erfc(In x);
TINYGRAD_API Tensor floor(In x);
TINYGRAD_API Tensor ceil(In x);
/// To the nearest integer, halves to even.
TINYGRAD_API Tensor round(In x);
/// min(max(x, low), high).
TINYGRAD_API Tensor clamp(In x, Scalar low, Scalar high);
/// 1 / (1 + exp(-x)).
TINYGRAD_API Tensor sigmoid(In x);
/// max(x, 0); its derivative at 0 is 0.
TINYGRAD_API Tensor relu(In x);
/// x, or slope * x below 0.
TINYGRAD_API Tensor leaky_relu(In x, double slope = 0.01);
/// x, or alpha (exp(x) - 1) below 0. Clevert et al. 2015.
TINYGRAD_API Tensor elu(In x, double alpha = 1);
/// Klambauer et al. 2017.
TINYGRAD_API Tensor selu(In x);
/// x Φ(x), with the exact normal distribution function. Hendrycks and Gimpel 2016.
TINYGRAD_API Tensor gelu(In x);
/// x sigmoid(x).
TINYGRAD_API Tensor silu(In x);
/// log(1 + exp(beta x)) / beta; x itself if beta x > threshold.
TINYGRAD_API Tensor softplus(In x, double beta = 1, double threshold = 20);
/// clamp whose derivative at the borders is 0. Throws ArgumentError if low > high.
TINYGRAD_API Tensor hardtanh(In x, double low = -1, double high = 1);
/// x tanh(softplus(x)). Misra 2019.
TINYGRAD_API Tensor mish(In x);

TINYGRAD_API Tensor add(In a, In b);
TINYGRAD_API Tensor sub(In a, In b);
TINYGRAD_API Tensor mul(In a, In b);
/// True division: integers become float32.
TINYGRAD_API Tensor div(In a, In b);
TINYGRAD_API Tensor pow(In a, In b);
/// a - b trunc(a / b), exact: it has the sign of a.
TINYGRAD_API Tensor fmod(In a, In b);
/// a - b floor(a / b), exact: it has the sign of b, as in Python. It is the operator %.
TINYGRAD_API Tensor remainder(In a, In b);
/// floor(a / b), exact. The quotient of integers is an integer, and 0 if b is 0.
TINYGRAD_API Tensor floor_divide(In a, In b);
/// Equal elements share the gradient. NaN wins.
TINYGRAD_API Tensor maximum(In a, In b);
TINYGRAD_API Tensor minimum(In a, In b);
/// Of integers and bools; others throw DTypeError. They are the operators & | ^ ~ << >>.
TINYGRAD_API Tensor bitwise_and(In a, In b);
TINYGRAD_API Tensor bitwise_or(In a, In b);
TINYGRAD_API Tensor bitwise_xor(In a, In b);
/// Bits that are shifted out are lost. A shift of 64 or more, or less than 0, loses all.
TINYGRAD_API Tensor bitwise_left_shift(In a, In b);
TINYGRAD_API Tensor bitwise_right_shift(In a, In b);
TINYGRAD_API Tensor bitwise_not(In x);
/// The greatest common divisor of integers, at least 0.
TINYGRAD_API Tensor gcd(In a, In b);
/// Division rounded towards 0, or down. The quotient of integers is an integer, and 0 if b is 0.
enum class Rounding { trunc, floor };
TINYGRAD_API Tensor div(In a, In b, Rounding rounding);
TINYGRAD_API Tensor div(In a, Scalar b, Rounding rounding);
/// Throws ArgumentError for integers to a negative integer power.
TINYGRAD_API Tensor pow(In a, Scalar b);
TINYGRAD_API Tensor pow(Scalar a, In b);
#define WITH_SCALAR(name)                   \
  TINYGRAD_API Tensor name(In a, Scalar b); \
  TINYGRAD_API Tensor name(Scalar a, In b);
// clang-format off
WITH_SCALAR(add) WITH_SCALAR(sub) WITH_SCALAR(mul) WITH_SCALAR(div) WITH_SCALAR(fmod)
WITH_SCALAR(remainder) WITH_SCALAR(floor_divide) WITH_SCALAR(maximum) WITH_SCALAR(minimum)
WITH_SCALAR(bitwise_and) WITH_SCALAR(bitwise_or) WITH_SCALAR(bitwise_xor)
WITH_SCALAR(bitwise_left_shift) WITH_SCALAR(bitwise_right_shift)
// clang-format on
#undef WITH_SCALAR

// Comparisons give bool. They have two names each, but for eq: equal() is one bool (ops/logic.h).
#define COMPARISON(name)                \
  TINYGRAD_API Tensor name(In a, In b); \
  TINYGRAD_API Tensor name(In a, Scalar b);
    // clang-format off
COMPARISON(eq) COMPARISON(ne) COMPARISON(lt) COMPARISON(le) COMPARISON(gt) COMPARISON(ge)
COMPARISON(not_equal) COMPARISON(less) COMPARISON(less_equal) COMPARISON(greater)
COMPARISON(greater_equal)
// clang-format on
#undef COMPARISON

                TINYGRAD_API Tensor
                operator-(In x);
TINYGRAD_API Tensor operator~(In x);
#define OPERATOR(symbol)                               \
  TINYGRAD_API Tensor operator symbol(In a, In b);     \
  TINYGRAD_API Tensor operator symbol(In a, Scalar b); \
  TINYGRAD_API Tensor operator symbol(Scalar a, In b);
// clang-format off
OPERATOR(+) OPERATOR(-) OPERATOR(*) OPERATOR(/) OPERATOR(%) OPERATOR(&) OPERATOR(|) OPERATOR(^)
OPERATOR(<<) OPERATOR(>>) OPERATOR(==) OPERATOR(!=) OPERATOR(<) OPERATOR(<=) OPERATOR(>)
OPERATOR(>=)
#undef OPERATOR
Tensor operator&&(In a, In b) = delete;  // write logical_and(a, b), or a & b for bools
Tensor operator||(In a, In b) = delete;  // write logical_or(a, b), or a | b for bools
Tensor operator!(In x) = delete;  // write logical_not(x), or x == false for bools
// clang-format on
#define ASSIGNMENT(symbol, in_place)                                                     \
  inline Tensor& operator symbol(Tensor& a, In b) { return a.in_place(*b, b.location); } \
  inline Tensor& operator symbol(Tensor& a, ScalarIn b) { return a.in_place(b.scalar, b.location); }
ASSIGNMENT(+=, add_)
ASSIGNMENT(-=, sub_)
ASSIGNMENT(*=, mul_)
ASSIGNMENT(/=, div_)
#undef ASSIGNMENT

/// condition ? a : b, for each element. The condition must be bool; throws DTypeError if it is not.
TINYGRAD_API Tensor where(In condition, In a, In b);
TINYGRAD_API Tensor where(In condition, In a, Scalar b);
TINYGRAD_API Tensor where(In condition, Scalar a, In b);
/// Of two scalars: float32 if one of them is real, else int64, or bool if both are.
TINYGRAD_API Tensor where(In condition, Scalar a, Scalar b);
/// Linear interpolation: a + weight (b - a), computed as b - (b - a) (1 - weight) if |weight| is at
/// least 0.5, so that weight 1 gives b exactly. Integers become float32.
TINYGRAD_API Tensor lerp(In a, In b, In weight);
TINYGRAD_API Tensor lerp(In a, In b, Scalar weight);
/// a + value b c.
TINYGRAD_API Tensor addcmul(In a, In b, In c, Scalar value = 1);
/// a + value b / c. Integers become float32.
TINYGRAD_API Tensor addcdiv(In a, In b, In c, Scalar value = 1);
/// min(max(x, low), high), for each element: high if low > high. NaN wins. The gradient flows to x
/// where low <= x <= high, to low where x < low <= high, to high where x > high or low > high.
TINYGRAD_API Tensor clamp(In x, In low, In high);

}  // namespace tinygrad
