// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/softmax.md: softmax with cross entropy.
//
// x is [N, C]: C scores of each of N samples. labels are [N] (int64). With exp, log, sum, amax and
// the like, but without softmax, log_softmax and cross_entropy, compute
//     p[n, c] = exp(x[n, c]) / Σ_k exp(x[n, k]),  also for scores near 1000,
//     L       = -1/N Σ_n log p[n, labels[n]],
// and ∂L/∂x, by a formula. sum(x, 1, tg::keepdim) is [N, 1]; one_hot(labels, C) is [N, C].
// 求概率 p（得分在 1000 附近也要对）、平均交叉熵 L，以及 ∂L/∂x 的公式。
#include "grader/exercise.h"

inline Tensor probabilities(const Tensor& x) { not_begun(); }
inline Tensor loss(const Tensor& x, const Tensor& labels) { not_begun(); }
inline Tensor gradient(const Tensor& x, const Tensor& labels) { not_begun(); }
