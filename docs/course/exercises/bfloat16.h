// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/precision.md: from float32 to bfloat16.
//
// A bfloat16 is the upper half of a float32: sign, 8 bits of exponent, 7 of the mantissa. Return
// the 16 bits of the bfloat16 that is nearest to x; if two are equally near, the even one (whose
// last bit is 0). What is too large becomes infinity, and a NaN stays a NaN.
// std::bit_cast<std::uint32_t>(x) are the bits of x.
// 返回最接近 x 的 bfloat16 的 16 位；一样近时取偶数（末位为 0）；NaN 仍是 NaN。
#include "grader/exercise.h"

inline std::uint16_t to_bfloat16(float x) { not_begun(); }
