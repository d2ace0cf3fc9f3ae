// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/three-gradients.md: forward mode with dual numbers.
//
// A Dual carries a value f and its slope f' = df/dx through a computation; x itself is {x, 1} and a
// constant {c, 0}. The sum is done. Write the product, the quotient and the sine.
// 每个 Dual 带着值 f 和斜率 f'。加法已写好，请写乘法、除法和正弦。
#include "grader/exercise.h"

struct Dual {
  double value, slope;
};

inline Dual operator+(Dual f, Dual g) { return {f.value + g.value, f.slope + g.slope}; }

inline Dual operator*(Dual f, Dual g) { not_begun(); }
inline Dual operator/(Dual f, Dual g) { not_begun(); }
inline Dual sin(Dual f) { not_begun(); }
