// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/augment-ensemble.md: several nets answer as one.
//
// scores are [M, N, C]: of M nets for N samples and C classes. The ensemble's probabilities [N, C]
// are the mean of those of its nets, each the softmax of its scores; its answers [N] are the most
// probable classes. softmax, mean and argmax of the library may be used.
// 集成的概率是各网络概率的平均（不是得分的平均），再取概率最大的类别。
#include "grader/exercise.h"

inline Tensor ensemble(const Tensor& scores) { not_begun(); }
inline Tensor answers(const Tensor& scores) { not_begun(); }
