// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/pictures.md: classifier-free guidance.
//
// `with` and `without` [N, D] are what a net guesses of the noise in N samples, with their labels
// and without any. Begin at the guess without a label, and go `scale` times as far as to the guess
// with it: 0 ignores the labels, 1 is the guess with them, more goes beyond it. Then, as in Lin et
// al. 2023, divide each row by its standard deviation and multiply it by that of the guess with the
// label, so that strong guidance does not make the noise larger: a row's standard deviation is the
// root of the mean of its squared distances from its mean.
//
// 从无标签的估计出发，朝有标签的估计走 scale 倍远；
// 再逐行缩放，使标准差等于有标签估计那一行的标准差。
#include "grader/exercise.h"

inline Tensor guided(const Tensor& with, const Tensor& without, double scale) { not_begun(); }
