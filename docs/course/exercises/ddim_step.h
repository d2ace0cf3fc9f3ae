// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/pictures.md: one step of DDIM by hand.
//
// x is a noisy sample at a timestep whose ᾱ is `now`: x = √ᾱ x0 + √(1 - ᾱ) ε. `epsilon` is what a
// net guesses of ε. Guess x0 from it, and mix that x0 and the same ε again, as they are mixed at
// the timestep before, whose ᾱ is `before` (it is larger, and 1 after the last step).
//
// 由 ε 的估计求出 x0，再用同一个 ε，按前一时间步的 ᾱ（before）重新混合。
#include "grader/exercise.h"

inline Tensor ddim_step(const Tensor& x, const Tensor& epsilon, double now, double before) {
  not_begun();
}
