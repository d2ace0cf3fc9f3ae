// SPDX-License-Identifier: MIT
// Elementwise functions that are formulas of other ops. Integers become float32.
#pragma once
#include <optional>

#include "tinygrad/tensor.h"

namespace tinygrad {

TINYGRAD_API Tensor tan(In x);
TINYGRAD_API Tensor asin(In x);
TINYGRAD_API Tensor acos(In x);
TINYGRAD_API Tensor sinh(In x);
TINYGRAD_API Tensor cosh(In x);
TINYGRAD_API Tensor asinh(In x);
TINYGRAD_API Tensor acosh(In x);
TINYGRAD_API Tensor atanh(In x);
/// The angle of the point (b, a), in [-π, π]: atan(a / b) in the quadrant of the signs, also those
/// of zeros.
TINYGRAD_API Tensor atan2(In a, In b);
/// sqrt(a² + b²), without overflow.
TINYGRAD_API Tensor hypot(In a, In b);
/// Degrees to radians, and back.
TINYGRAD_API Tensor deg2rad(In x);
TINYGRAD_API Tensor rad2deg(In x);
/// sin(πx) / (πx); 1 at 0.
TINYGRAD_API Tensor sinc(In x);

/// 2^x.
TINYGRAD_API Tensor exp2(In x);
/// log(exp(a) + exp(b)), without overflow.
TINYGRAD_API Tensor logaddexp(In a, In b);
/// log2(2^a + 2^b), without overflow.
TINYGRAD_API Tensor logaddexp2(In a, In b);
/// log(x / (1 - x)), the inverse of sigmoid; x is clamped to [eps, 1 - eps] if eps is given.
TINYGRAD_API Tensor logit(In x, std::optional<double> eps = {});
/// a log(b); 0 if a is 0 and b is not NaN.
TINYGRAD_API Tensor xlogy(In a, In b);
TINYGRAD_API Tensor xlogy(In a, Scalar b);
TINYGRAD_API Tensor xlogy(Scalar a, In b);
/// pow(a, b) in float64.
TINYGRAD_API Tensor float_power(In a, In b);
TINYGRAD_API Tensor float_power(In a, Scalar b);
TINYGRAD_API Tensor float_power(Scalar a, In b);
/// a 2^b.
TINYGRAD_API Tensor ldexp(In a, In b);

/// x rounded towards 0, in x's dtype.
TINYGRAD_API Tensor trunc(In x);
TINYGRAD_API Tensor fix(In x);
/// x - trunc(x).
TINYGRAD_API Tensor frac(In x);
struct MantissaExponent {
  Tensor mantissa, exponent;
};
/// x = mantissa 2^exponent with 0.5 <= |mantissa| < 1 and exponents of int32, for floating x.
/// Zeros, infinities and NaN have the exponent 0.
TINYGRAD_API MantissaExponent frexp(In x);
/// x itself. Throws DTypeError for bools.
TINYGRAD_API Tensor positive(In x);
/// |a| with the sign of b, also of a zero. The gradient at a = 0 is 0.
TINYGRAD_API Tensor copysign(In a, In b);
TINYGRAD_API Tensor copysign(In a, Scalar b);
/// The larger and the smaller element; if one is NaN, the other. Equal elements share the gradient.
/// In the common dtype.
TINYGRAD_API Tensor fmax(In a, In b);
TINYGRAD_API Tensor fmin(In a, In b);
/// The next value after a towards b, in their common dtype; b if they are equal. Throws DTypeError
/// if one is not floating. The gradient is that of a; 0 if they are equal.
TINYGRAD_API Tensor nextafter(In a, In b);
/// x with its NaNs and infinities replaced; those not given by the largest and the least finite
/// value of the dtype. Integers and bools are returned as they are.
TINYGRAD_API Tensor nan_to_num(In x, double nan = 0, std::optional<double> posinf = {},
                               std::optional<double> neginf = {});
/// The least common multiple of integers, at least 0.
TINYGRAD_API Tensor lcm(In a, In b);

}  // namespace tinygrad
